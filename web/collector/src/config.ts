/**
 * `full`: all signals, 24 volleys. `lite`: no rendering signals, 8 volleys. `passive`: no active
 * network measurement.
 */
export type Mode = "full" | "lite" | "passive";

/** The options of `verify`. */
export interface Config {
  /** Base URL of the edge: `https://yourapp.com/octet`. */
  readonly apiUrl: string;
  /** Opaque reference minted by the backend; without it no verdict can be read. */
  readonly sessionRef?: string | undefined;
  /** Latency channel; by default `apiUrl` as ws: or wss:, and `/v1/ws`. */
  readonly wsUrl?: string | undefined;
  /** `full` unless given. */
  readonly mode?: Mode | undefined;
  /** Older name of `mode: "passive"`; true wins over `mode`. */
  readonly passiveOnly?: boolean | undefined;
  /** More latency channels: other edges of yours, by base URL or by channel URL, 7 at most. */
  readonly landmarks?: readonly string[] | undefined;
  /** Total budget in milliseconds, 5000 unless given, 60000 at most. */
  readonly timeoutMs?: number | undefined;
  /** Aborts the call. */
  readonly signal?: AbortSignal | undefined;
}
