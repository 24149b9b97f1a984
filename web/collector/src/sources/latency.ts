import { measure, type Measured } from "../channel";
import type { MissingReason, Reading } from "../reading";
import type { Visit } from "../visit";

export interface Latency {
  readonly channels: readonly Channel[];
}

export interface Channel {
  readonly url: string;
  /** From each pong to the ping that answers it, milliseconds. */
  readonly rttMs: readonly number[];
}

type Reach = Parameters<typeof measure>[0];

/**
 * The round trips of every channel that spoke, one channel after another, so that they do not
 * compete. A channel that gave neither time nor receipt is left out; when all did, the first failure
 * says why.
 */
export async function latency(env: Reach, visit: Visit): Promise<Reading<Latency>> {
  const channels: Channel[] = [];
  let failure: MissingReason | undefined;
  for (const [index, url] of visit.plan.channels.entries()) {
    const measured = await one(env, visit, url, visit.plan.channels.length - index);
    if (measured.receipt !== undefined) visit.receipts.push(measured.receipt);
    if (measured.receipt !== undefined || measured.rttMs.length > 0)
      channels.push({ url, rttMs: measured.rttMs });
    failure ??= measured.failure;
  }
  return channels.length > 0 ? { value: { channels } } : { missing: failure ?? "error" };
}

async function one(env: Reach, visit: Visit, url: string, left: number): Promise<Measured> {
  const share = visit.budget.share(left);
  if (!share) return { rttMs: [], failure: "timeout" };
  const { volleys, sessionRef } = visit.plan;
  const request = { url, volleys, ...share, ...(sessionRef === undefined ? {} : { sessionRef }) };
  return measure(env, request, visit.stop);
}
