import type { CryptoLike } from "./env";
import type { Mode } from "./config";
import { uuid } from "./nonce";
import type { Signal } from "./reading";
import type { Visit } from "./visit";

/** Replaced by the build with the version in package.json. */
declare const COLLECTOR_VERSION: string;

/** What the page posts, version 1. */
export interface Report {
  readonly v: 1;
  /** Makes the post idempotent: every retry carries the same. */
  readonly id: string;
  readonly sessionRef?: string;
  readonly mode: Mode;
  readonly collector: string;
  readonly signals: Record<string, Signal>;
  readonly receipts: readonly string[];
}

export function report(crypto: CryptoLike, { plan, signals, receipts }: Visit): Report {
  const { sessionRef, mode } = plan;
  return {
    v: 1,
    id: uuid(crypto),
    ...(sessionRef === undefined ? {} : { sessionRef }),
    mode,
    collector: COLLECTOR_VERSION,
    signals,
    receipts,
  };
}
