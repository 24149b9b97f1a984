import type { Mode } from "../config";
import type { Env } from "../env";
import { LOCALE_DATA } from "../localeData";
import type { Reading } from "../reading";
import type { Visit } from "../visit";
import { clock } from "./clock";
import { connection } from "./connection";
import { hardware } from "./hardware";
import { intl } from "./intl";
import { languages } from "./languages";
import { latency } from "./latency";
import { navigation } from "./navigation";
import { screen } from "./screen";
import { timeZone } from "./timeZone";
import { userAgent } from "./userAgent";
import { utcOffset } from "./utcOffset";
import { voices } from "./voices";
import { webgl } from "./webgl";

/** One signal: its name on the wire, and how it is read. */
export interface Source {
  readonly name: string;
  readonly read: (env: Env, visit: Visit) => Reading | Promise<Reading>;
  /** What the browser is to load before, each in a task of its own; what fails is no matter. */
  readonly before?: readonly ((env: Env) => unknown)[];
  readonly skippedIn?: readonly Mode[];
  /** The source may take its time: no page that is being left begins it. */
  readonly waits?: true;
  /** The source ends within the budget by itself, to keep what it has until then. */
  readonly boundsItself?: true;
}

/**
 * They run one after another in this order, and the order has reasons:
 *
 * - First what costs microseconds, so that a visit cut short has most signals.
 * - `userAgent` asks the browser's process and `webgl` may start the graphics process: after those,
 *   and before `latency`, since a busy main thread answers pings late.
 * - `latency` uses all the time there is.
 * - `clock` is last: its value is the time at which the report was built.
 */
export const SOURCES: readonly Source[] = [
  { name: "timeZone", read: timeZone, before: LOCALE_DATA },
  { name: "utcOffset", read: utcOffset },
  { name: "languages", read: languages },
  { name: "intl", read: intl },
  { name: "hardware", read: hardware },
  { name: "screen", read: screen },
  { name: "navigation", read: navigation },
  { name: "connection", read: connection },
  { name: "voices", read: voices },
  { name: "userAgent", read: userAgent, waits: true },
  { name: "webgl", read: webgl, skippedIn: ["lite"], waits: true },
  { name: "latency", read: latency, skippedIn: ["passive"], waits: true, boundsItself: true },
  { name: "clock", read: clock },
];
