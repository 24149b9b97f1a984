import { bounded, OVERTIME } from "./bound";
import type { Env, Socket } from "./env";
import { rounded } from "./fact";
import { nonce } from "./nonce";
import type { MissingReason } from "./reading";
import { Volleys } from "./volley";

/** What a channel is asked for. */
export interface ChannelRequest {
  readonly url: string;
  readonly sessionRef?: string;
  readonly volleys: number;
  /** What the edge is asked to measure for. */
  readonly budgetMs: number;
  /** When the page stops waiting. */
  readonly limitMs: number;
}

/** What came of it; with a failure, what was measured before. */
export interface Measured {
  readonly rttMs: readonly number[];
  readonly receipt?: string;
  readonly failure?: MissingReason;
}

type Reach = Pick<Env, "WebSocket" | "crypto" | "performance" | "setTimeout" | "clearTimeout">;

/** Measure one channel. Rejects only on *signal*; the socket is closed whatever happens. */
export async function measure(
  env: Reach,
  request: ChannelRequest,
  signal?: AbortSignal,
): Promise<Measured> {
  const volleys = new Volleys((bytes) => nonce(env.crypto, bytes));
  const socket = opened(env, request);
  if (typeof socket === "string") return { rttMs: [], failure: socket };
  try {
    const talk = conversation(env, socket, volleys);
    const receipt = await bounded(env, request.limitMs, signal, talk);
    return { rttMs: volleys.rttMs.map(rounded), ...outcome(receipt) };
  } finally {
    socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close(1000);
  }
}

function outcome(receipt: string | undefined | typeof OVERTIME): Partial<Measured> {
  if (receipt === OVERTIME) return { failure: "timeout" };
  return receipt === undefined ? { failure: "error" } : { receipt };
}

/** The constructor throws where the page's own policy forbids the channel. */
function opened(env: Reach, request: ChannelRequest): Socket | MissingReason {
  if (!env.WebSocket) return "unsupported";
  try {
    return new env.WebSocket(addressed(request));
  } catch {
    return "blocked";
  }
}

function addressed({ url, sessionRef, volleys, budgetMs }: ChannelRequest): string {
  const target = new URL(url);
  if (sessionRef !== undefined) target.searchParams.set("ref", sessionRef);
  target.searchParams.set("volleys", String(volleys));
  target.searchParams.set("budgetMs", String(budgetMs));
  return target.href;
}

/**
 * Answer pings until the receipt comes; undefined when the channel closes or says something wrong.
 * What throws here, rejects: an error in a handler would be the page's.
 */
function conversation(env: Reach, socket: Socket, volleys: Volleys): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const hear = (data: unknown): void => {
      const step = volleys.hear(data, env.performance.now());
      if (step.do === "stop") return resolve(step.receipt);
      if (step.do === "wait") return;
      volleys.sent(env.performance.now());
      socket.send(step.frame);
    };
    // Chromium closes no channel that the page's policy forbids: it only tells of an error.
    socket.onclose = socket.onerror = () => resolve(undefined);
    socket.onmessage = ({ data }) => {
      try {
        hear(data);
      } catch (error) {
        reject(error);
      }
    };
  });
}
