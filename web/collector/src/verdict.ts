/** How much speaks against the session. */
export type Alarm = "none" | "low" | "medium" | "high";

/** A place on earth, degrees. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
}

/**
 * A verdict. Only a demonstration edge (`EDGE_EXPOSE_VERDICT`) shows it to a page; what the page
 * got is never proof for the backend, which reads its own.
 */
export interface Verdict {
  /** ISO 3166-1 alpha-2; absent when there was not enough signal. */
  readonly country?: string;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly alarm: Alarm;
  readonly estimatedLocation?: Place;
  readonly confidenceRadiusKm?: number;
  /** Open ring of vertices; absent or empty: use the circle. */
  readonly feasibleRegion?: readonly Place[];
  readonly deviceKey?: string;
  /** The verdict as a PASETO v4.public token. */
  readonly token?: string;
}

/** The report was accepted. */
export interface Answer {
  readonly ok: true;
  readonly verdict?: Verdict;
}
