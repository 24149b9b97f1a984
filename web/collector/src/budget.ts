/**
 * How one call of `verify` spends its `timeoutMs`.
 *
 *     0 ──────────── collecting ──────────── 3/4 ──── posting ──── timeoutMs
 *
 * What is not collected after three quarters is reported missing, so that the last quarter is left
 * for the post.
 *
 * Of the time left for collecting, each latency channel not yet measured has an equal share. It asks
 * the edge to measure for two fifths of that, which is the edge's own default of 1500 ms for the one
 * channel of a default call; the rest is for connecting, which costs a far visitor three round
 * trips. What a near channel leaves over goes to the next ones. A slow channel may take up to half
 * of what is left from those behind it, and a dead one no more.
 */
const COLLECT_PART = 0.75;
const MEASURE_PART = 0.4;
/** What an edge accepts as `budgetMs`. */
const MIN_MEASURE_MS = 100;
const MAX_MEASURE_MS = 5000;

export interface Share {
  /** What the edge is asked to measure for. */
  readonly budgetMs: number;
  /** When the page stops waiting for the channel. */
  readonly limitMs: number;
}

export class Budget {
  private readonly now: () => number;
  private readonly collectEndMs: number;
  private readonly endMs: number;

  constructor(timeoutMs: number, now: () => number) {
    this.now = now;
    this.collectEndMs = now() + timeoutMs * COLLECT_PART;
    this.endMs = now() + timeoutMs;
  }

  /** Milliseconds left for collecting. */
  collectMs(): number {
    return Math.max(0, this.collectEndMs - this.now());
  }

  /** The next channel's share when *channels* are still to be measured; undefined if too little is left. */
  share(channels: number): Share | undefined {
    const leftMs = this.collectMs();
    if (leftMs < MIN_MEASURE_MS) return undefined;
    const wishMs = Math.round((leftMs / channels) * MEASURE_PART);
    return {
      budgetMs: Math.min(MAX_MEASURE_MS, Math.max(MIN_MEASURE_MS, wishMs)),
      limitMs: leftMs / Math.min(channels, 2),
    };
  }

  /** Milliseconds for the post that begins now. */
  postMs(): number {
    return Math.max(0, this.endMs - this.now());
  }
}
