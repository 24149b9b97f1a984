/** Why a signal is not there. */
export type MissingReason =
  /** The browser has no such interface. */
  | "unsupported"
  /** The interface is there and refuses. */
  | "blocked"
  /** It did not answer within the budget. */
  | "timeout"
  /** It threw. */
  | "error"
  /** The mode leaves it out. */
  | "skipped";

/** What a source gives: a value, or the reason why there is none. */
export type Reading<T = unknown> = { readonly value: T } | { readonly missing: MissingReason };

/** A reading as the wire carries it, with the milliseconds that it took. */
export type Signal = Reading & { readonly ms: number };

/** The value if there is one, else absent for *reason*. */
export function reading<T>(
  value: T | undefined,
  reason: MissingReason = "unsupported",
): Reading<T> {
  return value === undefined ? { missing: reason } : { value };
}

/** The reading if at least one member is known, else unsupported. */
export function anyOf<T extends object>(members: T): Reading<T> {
  return reading(Object.keys(members).length > 0 ? members : undefined);
}
