import type { Env } from "./env";

/**
 * Tables that a new process of Chromium reads before its first `Intl.DateTimeFormat`: likely subtags,
 * the names that keys of locales may have, the list of locales. All at once they are one long task on
 * a slow machine, which nothing in the format's own options divides; each of these steps reads one
 * table, in a task of its own.
 */
export const LOCALE_DATA: readonly ((env: Pick<Env, "Intl">) => unknown)[] = [
  ({ Intl }) => Intl.Locale && new Intl.Locale("en").maximize(),
  ({ Intl }) => Intl.supportedValuesOf?.("numberingSystem"),
  ({ Intl }) => Intl.DateTimeFormat.supportedLocalesOf?.("en"),
];
