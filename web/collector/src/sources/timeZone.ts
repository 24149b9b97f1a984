import type { Env } from "../env";
import { text } from "../fact";
import { reading, type Reading } from "../reading";

export interface TimeZone {
  /** IANA name. */
  readonly name: string;
}

/**
 * The browser's time zone. A system zone that ICU cannot name leaves `timeZone` undefined or empty in
 * some browsers.
 */
export function timeZone(env: Pick<Env, "Intl">): Reading<TimeZone> {
  const name = text(new env.Intl.DateTimeFormat().resolvedOptions().timeZone);
  return reading(name === undefined ? undefined : { name });
}
