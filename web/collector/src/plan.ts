import type { Config, Mode } from "./config";
import { OctetError } from "./error";

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 60_000;
/** A report carries one receipt a channel and at most 8 receipts. */
const MAX_CHANNELS = 8;
const VOLLEYS: Record<Mode, number> = { full: 24, lite: 8, passive: 0 };

/** A `Config` with its defaults, checked: what one call of `verify` is going to do. */
export interface Plan {
  readonly mode: Mode;
  readonly sessionRef?: string;
  readonly postUrl: string;
  /** Latency channels, the edge's own first. */
  readonly channels: readonly string[];
  readonly volleys: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Throws `OctetError` `config_invalid`. *pageUrl* is what relative URLs are relative to. */
export function plan(config: Config, pageUrl?: string): Plan {
  if (!config?.apiUrl) throw invalid("apiUrl is required");
  const { sessionRef, signal } = config;
  if (signal && !signal.addEventListener) throw invalid("signal is an AbortSignal");
  const mode = modeOf(config);
  const api = parsed("apiUrl", config.apiUrl, pageUrl);
  if (!api.protocol.startsWith("http")) throw invalid("apiUrl is an https: URL");
  return {
    mode,
    postUrl: routed(api, "/v1/signals").href,
    channels: channelsOf(config, pageUrl),
    volleys: VOLLEYS[mode],
    timeoutMs: timeoutOf(config),
    ...(sessionRef === undefined ? {} : { sessionRef }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function modeOf(config: Config): Mode {
  const mode = config.passiveOnly ? "passive" : (config.mode ?? "full");
  if (!Object.keys(VOLLEYS).includes(mode)) throw invalid("mode is full, lite or passive");
  return mode;
}

function timeoutOf({ timeoutMs = DEFAULT_TIMEOUT_MS }: Config): number {
  if (!(timeoutMs > 0)) throw invalid("timeoutMs is a number above 0");
  return Math.min(timeoutMs, MAX_TIMEOUT_MS);
}

function channelsOf(config: Config, pageUrl?: string): string[] {
  const landmarks = config.landmarks ?? [];
  if (!Array.isArray(landmarks)) throw invalid("landmarks is a list of URLs");
  const own = channel("wsUrl", config.wsUrl ?? config.apiUrl, pageUrl);
  const others = landmarks.map((landmark) => channel("landmarks", landmark, pageUrl));
  return [...new Set([own, ...others])].slice(0, MAX_CHANNELS);
}

/** A ws: or wss: URL is the channel itself; an http: or https: URL is the base of an edge. */
function channel(option: string, url: string, pageUrl?: string): string {
  const target = parsed(option, url, pageUrl);
  const full = target.protocol.startsWith("http") ? routed(target, "/v1/ws") : target;
  full.protocol = full.protocol.replace("http", "ws");
  full.hash = "";
  return full.href;
}

function routed(base: URL, route: string): URL {
  const target = new URL(base);
  const path = base.pathname.replace(/\/+$/, "");
  target.pathname = path.endsWith(route) ? path : path + route;
  target.hash = "";
  return target;
}

function parsed(option: string, url: string, pageUrl?: string): URL {
  try {
    const target = new URL(url, pageUrl);
    if (/^(https?|wss?):$/.test(target.protocol)) return target;
  } catch {
    // Said below.
  }
  throw invalid(`${option} is no URL of an edge`);
}

function invalid(message: string): OctetError {
  return new OctetError("config_invalid", message);
}
