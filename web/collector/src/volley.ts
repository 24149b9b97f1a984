/**
 * The page's side of one latency channel, without its socket.
 *
 *     edge → {"t":"hello","v":1,"volleys":24}
 *     edge → {"t":"ping","n":"<nonce>"}                        first volley
 *     page → {"t":"pong","n":"<nonce>","m":"<page nonce>"}     at once
 *     edge → {"t":"ping","n":"<next>","m":"<page nonce>"}      …
 *     edge → {"t":"done","receipt":"v4.local.…"}
 *
 * The edge times its ping to our pong; we time our pong to the ping that echoes our nonce. Frames out
 * of this order, and frames that are not understood, are wrong, and nothing after them is heard.
 */
const MAX_VOLLEYS = 64;
const NONCE_BYTES = 12;
const RECEIPT = /^v4\.local\.[\w-]+(\.[\w-]+)?$/;

/** What to do after a frame: send one, wait, or stop. */
export type Step =
  | { readonly do: "send"; readonly frame: string }
  | { readonly do: "wait" }
  | { readonly do: "stop"; readonly receipt?: string };

const WAIT: Step = { do: "wait" };
const WRONG: Step = { do: "stop" };

export class Volleys {
  /** Round trips measured so far, milliseconds. */
  readonly rttMs: number[] = [];
  private readonly newNonce: (bytes: number) => string;
  private greeted = false;
  private pongs = 0;
  private pageNonce: string | undefined;
  private sentMs = 0;

  constructor(newNonce: (bytes: number) => string) {
    this.newNonce = newNonce;
  }

  /** The next step after a frame that came at *atMs*. */
  hear(data: unknown, atMs: number): Step {
    const frame = parsed(data);
    if (frame["t"] === "hello") return this.hello(frame);
    if (!this.greeted) return WRONG;
    if (frame["t"] === "ping") return this.ping(frame, atMs);
    return frame["t"] === "done" ? done(frame) : WRONG;
  }

  /** The pong was handed to the socket at *atMs*. */
  sent(atMs: number): void {
    this.sentMs = atMs;
  }

  private hello(frame: Frame): Step {
    if (this.greeted || frame["v"] !== 1) return WRONG;
    this.greeted = true;
    return WAIT;
  }

  private ping(frame: Frame, atMs: number): Step {
    const right = typeof frame["n"] === "string" && frame["m"] === this.pageNonce;
    if (!right || this.pongs === MAX_VOLLEYS) return WRONG;
    if (this.pongs > 0) this.rttMs.push(atMs - this.sentMs);
    this.pongs += 1;
    this.pageNonce = this.newNonce(NONCE_BYTES);
    return { do: "send", frame: JSON.stringify({ t: "pong", n: frame["n"], m: this.pageNonce }) };
  }
}

type Frame = Record<string, unknown>;

function parsed(data: unknown): Frame {
  if (typeof data !== "string") return {};
  try {
    return Object(JSON.parse(data)) as Frame;
  } catch {
    return {};
  }
}

function done({ receipt }: Frame): Step {
  return typeof receipt === "string" && RECEIPT.test(receipt) ? { do: "stop", receipt } : WRONG;
}
