import type { Budget } from "./budget";
import type { Plan } from "./plan";

/** What one call of `verify` carries from source to source. */
export interface Visit {
  readonly plan: Plan;
  readonly budget: Budget;
  /** Sealed by edges; the latency channels put them here, the report carries them. */
  readonly receipts: string[];
}
