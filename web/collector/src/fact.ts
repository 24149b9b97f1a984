/**
 * What a browser hands out, taken only where it is what its name says.
 *
 * Extensions that disguise a browser return numbers as strings, `NaN`, or nothing, and one value of
 * a wrong type would have the whole report refused: such a value is absent instead.
 */

/** A string with something in it, else undefined. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A finite number from zero up, else undefined; a number written as a string counts. */
export function amount(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number < Infinity ? number : undefined;
}

/** A whole `amount`, else undefined. */
export function count(value: unknown): number | undefined {
  const number = amount(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Strings of a list, in their order, nothing else. */
export function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => text(item) !== undefined) : [];
}

/** `T` without the members that are undefined. */
export type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The members that are known: absence is no member, never null, zero or -1. */
export function known<T extends object>(members: T): Known<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Known<T>;
}

/** All members, or undefined if one is unknown. */
export function complete<T extends object>(members: T): Required<Known<T>> | undefined {
  return Object.values(members).includes(undefined) ? undefined : (members as Required<Known<T>>);
}

/** A duration as the wire carries it: hundredths of a millisecond are finer than any browser's clock is true. */
export function rounded(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 100) / 100);
}
