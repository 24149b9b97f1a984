/**
 * The collector: reads ordinary facts of the browser, times its way to the customer's own edges, and
 * posts both to the customer's own host. It decides nothing: no rule, threshold or table about
 * countries, networks or devices is here or belongs here.
 *
 * Importing does nothing; everything begins with `verify`. The way through the files: `plan` checks
 * the options, `collect` runs the `sources`, `report` and `post` hand the result over.
 */
import type { Config } from "./config";
import { verifyIn } from "./verify";
import type { Answer } from "./verdict";

export type { Config, Mode } from "./config";
export type { Alarm, Answer, Place, Verdict } from "./verdict";
export { OctetError } from "./error";

/**
 * Collect and post one report. Resolves when the edge has accepted it, that is when the service has.
 *
 * Rejects with `AbortError` when `signal` aborts and with `OctetError` otherwise; see its `code`.
 */
export function verify(config: Config): Promise<Answer> {
  return verifyIn(globalThis, config);
}
