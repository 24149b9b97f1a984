import assert from "node:assert/strict";
import type { Env, FetchReply, FetchRequest, Socket } from "../src/env";
import type { VirtualTime } from "./virtualTime";

/** How a reply comes; `lost` is no connection, `silent` no reply ever. */
export type Scripted = { status: number; body: unknown; retryAfter?: string } | "lost" | "silent";

/** What an edge does on a channel, given the socket's far end. */
export type ChannelScript = (far: FarEnd) => void;

export const ACCEPTED: Scripted = { status: 200, body: { ok: true } };

/** A customer's edge that records everything, answers posts from a list and channels by a script. */
export class FakeEdge {
  readonly posts: { url: string; request: FetchRequest; atMs: number }[] = [];
  readonly channels: FarEnd[] = [];
  replies: Scripted[] = [ACCEPTED];
  script: ChannelScript = behaved({ rttMs: 20 });

  constructor(readonly time: VirtualTime) {}

  readonly fetch: Env["fetch"] = (url, request) => {
    this.posts.push({ url, request, atMs: this.time.nowMs });
    return replied(this.replies.shift() ?? "silent", request.signal);
  };

  get WebSocket(): NonNullable<Env["WebSocket"]> {
    const edge = this;
    return class {
      constructor(url: string) {
        const far = new FarEnd(url, edge.time);
        edge.channels.push(far);
        edge.time.setTimeout(() => edge.script(far), 0);
        return far.near as unknown as this;
      }
    } as unknown as NonNullable<Env["WebSocket"]>;
  }

  /** Fails if a channel was left open. */
  assertLeftClean(): void {
    assert.deepEqual(
      this.channels.filter((far) => far.closedWith === undefined),
      [],
    );
    assert.deepEqual(
      this.channels.filter((far) => far.near.onmessage ?? far.near.onclose ?? far.near.onerror),
      [],
    );
  }
}

/** The edge's end of a channel. */
export class FarEnd {
  readonly frames: string[] = [];
  closedWith: number | undefined;
  onframe: (frame: Record<string, unknown>) => void = () => undefined;

  readonly near: Socket = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (frame) => {
      this.frames.push(String(frame));
      this.onframe(JSON.parse(String(frame)) as Record<string, unknown>);
    },
    close: (code) => void (this.closedWith = code),
  };

  constructor(
    readonly url: string,
    readonly time: VirtualTime,
  ) {}

  get asked(): URLSearchParams {
    return new URL(this.url).searchParams;
  }

  after(delayMs: number, what: () => void): void {
    this.time.setTimeout(what, delayMs);
  }

  /** Deliver a frame: text as it is, binary as it is, anything else as JSON. */
  tell(frame: unknown): void {
    const raw = typeof frame === "string" || frame instanceof ArrayBuffer;
    const data: unknown = raw ? frame : JSON.stringify(frame);
    (this.near.onmessage as ((event: { data: unknown }) => void) | null)?.({ data });
  }

  /** Refuse, as Chromium does where a policy forbids the channel: there is an error, and no close. */
  forbid(): void {
    (this.near.onerror as (() => void) | null)?.();
  }

  drop(): void {
    (this.near.onclose as (() => void) | null)?.();
  }
}

/** An edge that follows the contract, *rttMs* away; connecting takes three round trips. */
export function behaved({
  rttMs,
  receipt = "v4.local.sealed",
}: {
  rttMs: number;
  receipt?: string;
}): ChannelScript {
  return (far) => {
    const volleys = Number(far.asked.get("volleys"));
    let sent = 0;
    let endMs = 0;
    const ping = (m?: unknown): void => far.tell({ t: "ping", n: `n${++sent}`, m });
    far.onframe = ({ m }) =>
      far.after(rttMs, () => {
        const over = sent >= volleys || far.time.nowMs >= endMs;
        return over ? far.tell({ t: "done", receipt }) : ping(m);
      });
    far.after(3.5 * rttMs, () => {
      endMs = far.time.nowMs + Number(far.asked.get("budgetMs"));
      far.tell({ t: "hello", v: 1, volleys });
      ping();
    });
  };
}

/** An edge that never says anything, as behind a firewall that drops. */
export const silent: ChannelScript = () => undefined;

/** An edge that cannot be reached. */
export const refused: ChannelScript = (far) => far.drop();

/** An edge that says *frames* whatever it hears, and then nothing. */
export function saying(...frames: unknown[]): ChannelScript {
  return (far) => frames.forEach((frame) => far.tell(frame));
}

async function replied(scripted: Scripted, signal?: AbortSignal): Promise<FetchReply> {
  if (scripted === "lost") throw new TypeError("Failed to fetch");
  if (scripted === "silent") {
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(new Error("cancelled"))),
    );
  }
  const { status, body, retryAfter = null } = scripted;
  return {
    status,
    headers: { get: (name) => (name.toLowerCase() === "retry-after" ? retryAfter : null) },
    text: () => Promise.resolve(typeof body === "string" ? body : JSON.stringify(body)),
  };
}
