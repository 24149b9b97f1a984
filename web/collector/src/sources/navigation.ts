import type { Env } from "../env";
import { known, rounded, text } from "../fact";
import { anyOf, type Reading } from "../reading";

export interface Navigation {
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly requestMs?: number;
  /** ALPN identifier. */
  readonly protocol?: string;
}

/**
 * Timing of this page's own load, as far as it took place: on a connection that was open already
 * there was no connect, from a cache no request, and the browser then gives zeros or equal times.
 * The browser's connect includes TLS (Resource Timing, `connectEnd`); ours ends where TLS begins.
 */
export function navigation(env: Pick<Env, "performance">): Reading<Navigation> {
  const [entry] = env.performance.getEntriesByType?.("navigation") ?? [];
  const load: Partial<PerformanceNavigationTiming> = entry ?? {};
  const cached = load.transferSize === 0;
  return anyOf(
    known({
      connectMs: between(load.connectStart, load.secureConnectionStart || load.connectEnd),
      tlsMs: between(load.secureConnectionStart, load.connectEnd),
      requestMs: cached ? undefined : between(load.requestStart, load.responseStart),
      protocol: text(load.nextHopProtocol),
    }),
  );
}

function between(startMs = 0, endMs = 0): number | undefined {
  return startMs > 0 && endMs > startMs ? rounded(endMs - startMs) : undefined;
}
