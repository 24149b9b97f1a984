import { abortError } from "./abort";
import type { Env } from "./env";

/** What `bounded` gives when the time ran out first. */
export const OVERTIME = Symbol("overtime");

type Timers = Pick<Env, "setTimeout" | "clearTimeout">;

/** What ends a wait before its time. */
export interface Ends {
  /** The caller's: the wait rejects with `AbortError`. */
  readonly abort?: AbortSignal | undefined;
  /** Aborts while the page is being left: the wait is over as if its time were; one begun later is not. */
  readonly leave?: AbortSignal | undefined;
}

/**
 * The result of *work*, or `OVERTIME` after *limitMs*; *ends* may end it before.
 *
 * The owner of the wait stops the work itself: afterwards nobody hears of its result or its error,
 * and no timer or listener is left.
 */
export function bounded<T>(
  env: Timers,
  limitMs: number,
  ends: Ends,
  work: Promise<T>,
): Promise<T | typeof OVERTIME> {
  return new Promise<T | typeof OVERTIME>((resolve, reject) => {
    const over = (): void => finish(() => resolve(OVERTIME));
    const abort = (): void => finish(() => reject(abortError()));
    const timer = env.setTimeout(over, Math.max(0, limitMs));
    const finish = (settle: () => void): void => {
      env.clearTimeout(timer);
      ends.abort?.removeEventListener("abort", abort);
      ends.leave?.removeEventListener("abort", over);
      settle();
    };
    ends.abort?.addEventListener("abort", abort);
    ends.leave?.addEventListener("abort", over);
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
    if (ends.abort?.aborted) abort();
  });
}
