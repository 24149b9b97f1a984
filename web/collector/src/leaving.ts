import type { Env } from "./env";

/** The same function is registered once a phase, so it is called in each. */
const PHASES = [{ capture: true }, { capture: false }];

type Page = Pick<Env, "addEventListener" | "removeEventListener">;

/**
 * Do *work* once if the page is left; the result ends the wait for that.
 *
 * Firefox aborts the script that runs when it hears that its process is to end, as it is when the
 * last tab of a site is closed: no `catch` or `finally` runs, the next listener does. So there are
 * two, and what the first was kept from, the second does; *work* may hence begin twice.
 */
export function onLeaving(page: Page, work: () => void): () => void {
  let done = false;
  const leave = (): void => {
    if (done) return;
    work();
    done = true;
  };
  for (const phase of PHASES) page.addEventListener("pagehide", leave, phase);
  return () => {
    for (const phase of PHASES) page.removeEventListener("pagehide", leave, phase);
  };
}
