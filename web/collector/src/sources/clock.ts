import type { Env } from "../env";
import { count } from "../fact";
import { reading, type Reading } from "../reading";

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  readonly epochMs: number;
}

/** A machine whose clock stands before 1970 has none that could be written down. */
export function clock(env: Pick<Env, "Date">): Reading<Clock> {
  const epochMs = count(env.Date.now());
  return reading(epochMs === undefined ? undefined : { epochMs }, "error");
}
