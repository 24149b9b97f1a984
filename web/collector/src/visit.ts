import type { Budget } from "./budget";
import type { Plan } from "./plan";
import type { Signal } from "./reading";

/** What one call of `verify` carries from source to source. */
export interface Visit {
  readonly plan: Plan;
  readonly budget: Budget;
  /** Aborts when collecting is to stop: by the caller's own signal, or because the page is left. */
  readonly stop: AbortSignal;
  /** What was collected so far, by name. */
  readonly signals: Record<string, Signal>;
  /** Sealed by edges; the latency channels put them here, the report carries them. */
  readonly receipts: string[];
}
