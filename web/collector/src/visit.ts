import type { Budget } from "./budget";
import type { Plan } from "./plan";

/** What one call of `verify` carries from source to source. */
export interface Visit {
  readonly plan: Plan;
  readonly budget: Budget;
  /** Aborts when the page is being left. */
  readonly leaving: AbortSignal;
  /** Sealed by edges; the latency channels put them here, the report carries them. */
  readonly receipts: string[];
}
