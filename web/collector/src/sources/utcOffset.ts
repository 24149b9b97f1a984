import type { Env } from "../env";
import type { Reading } from "../reading";

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

export function utcOffset(env: Pick<Env, "Date">): Reading<UtcOffset> {
  const now = new env.Date();
  const year = now.getFullYear();
  return {
    value: {
      nowMin: eastMin(now),
      janMin: eastMin(new env.Date(year, JANUARY, 1)),
      julMin: eastMin(new env.Date(year, JULY, 1)),
    },
  };
}

/** `getTimezoneOffset` counts west of UTC; 0 minus it, since minus 0 would be -0. */
function eastMin(date: Pick<Date, "getTimezoneOffset">): number {
  return 0 - Math.round(date.getTimezoneOffset());
}
