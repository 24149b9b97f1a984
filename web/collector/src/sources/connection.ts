import type { Env } from "../env";
import { amount, known, text } from "../fact";
import { anyOf, type Reading } from "../reading";

export interface Connection {
  readonly effectiveType?: string;
  /** Rounded by the browser, so that 0 is a value. */
  readonly rttMs?: number;
  readonly downlinkMbps?: number;
}

/** The Network Information API, which Firefox and Safari do not have: https://caniuse.com/netinfo */
export function connection(env: Pick<Env, "navigator">): Reading<Connection> {
  const { effectiveType, rtt, downlink } = env.navigator.connection ?? {};
  return anyOf(
    known({
      effectiveType: text(effectiveType),
      rttMs: amount(rtt),
      downlinkMbps: amount(downlink),
    }),
  );
}
