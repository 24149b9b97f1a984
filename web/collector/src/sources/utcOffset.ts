import type { Env } from "../env";
import { complete } from "../fact";
import { reading, type Reading } from "../reading";

/** Minutes east of UTC. */
export interface UtcOffset {
  readonly nowMin: number;
  /** On 1 January of this year. */
  readonly janMin: number;
  /** On 1 July of this year. */
  readonly julMin: number;
}

const JANUARY = 0;
const JULY = 6;
/** What the wire takes, either way. */
const DAY_MIN = 1440;

export function utcOffset(env: Pick<Env, "Date">): Reading<UtcOffset> {
  const now = new env.Date();
  const year = now.getFullYear();
  const offsets = complete({
    nowMin: eastMin(now),
    janMin: eastMin(new env.Date(year, JANUARY, 1)),
    julMin: eastMin(new env.Date(year, JULY, 1)),
  });
  return reading(offsets, "error");
}

/**
 * `getTimezoneOffset` counts west of UTC; 0 minus it, since minus 0 would be -0. Extensions that
 * disguise the zone replace it, and some give NaN or nonsense: what is no offset is undefined.
 */
function eastMin(date: Pick<Date, "getTimezoneOffset">): number | undefined {
  const minutes = 0 - Math.round(date.getTimezoneOffset());
  return Math.abs(minutes) <= DAY_MIN ? minutes : undefined;
}
