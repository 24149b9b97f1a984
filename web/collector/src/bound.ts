import { abortError } from "./abort";
import type { Env } from "./env";

/** What `bounded` gives when the time ran out first. */
export const OVERTIME = Symbol("overtime");

type Timers = Pick<Env, "setTimeout" | "clearTimeout">;

/**
 * The result of *work*, or `OVERTIME` after *limitMs*; rejects with `AbortError` on *signal*.
 *
 * The owner of the wait stops the work itself: afterwards nobody hears of its result or its error,
 * and no timer or listener is left.
 */
export function bounded<T>(
  env: Timers,
  limitMs: number,
  signal: AbortSignal | undefined,
  work: Promise<T>,
): Promise<T | typeof OVERTIME> {
  return new Promise<T | typeof OVERTIME>((resolve, reject) => {
    const abort = (): void => finish(() => reject(abortError()));
    const timer = env.setTimeout(() => finish(() => resolve(OVERTIME)), Math.max(0, limitMs));
    const finish = (settle: () => void): void => {
      env.clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      settle();
    };
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
  });
}
