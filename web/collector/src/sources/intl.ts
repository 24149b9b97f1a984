import type { Env } from "../env";
import { complete, known, text } from "../fact";
import { reading, type Reading } from "../reading";

export interface ResolvedIntl {
  readonly locale: string;
  readonly calendar: string;
  readonly numberingSystem: string;
  readonly hourCycle?: string;
}

/** The defaults of date formatting; an hour cycle is resolved only for a format that has hours. */
export function intl(env: Pick<Env, "Intl">): Reading<ResolvedIntl> {
  const options = new env.Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions();
  const required = complete({
    locale: text(options.locale),
    calendar: text(options.calendar),
    numberingSystem: text(options.numberingSystem),
  });
  return reading(required && { ...required, ...known({ hourCycle: text(options.hourCycle) }) });
}
