import { bounded, OVERTIME } from "./bound";
import type { Env, FetchReply } from "./env";
import { OctetError } from "./error";
import { onLeaving } from "./leaving";
import { understood, type Reply } from "./reply";
import type { Answer } from "./verdict";

const MAX_ATTEMPTS = 4;
/** Before the second attempt, doubled before each further one, where the edge names no time. */
const FIRST_PAUSE_MS = 250;
/** The edge or its way to the service had no time or place; the same report may pass later. */
const PASSING = [503, 504];

type Reach = Pick<
  Env,
  | "fetch"
  | "Date"
  | "performance"
  | "setTimeout"
  | "clearTimeout"
  | "addEventListener"
  | "removeEventListener"
>;

/**
 * Post *body* and give the edge's answer; rejects with `OctetError`, or `AbortError` on *signal*.
 *
 * Refusals that pass and lost connections are tried again with the same body, hence the same id, so
 * that a report whose answer was lost counts once. *limitMs* bounds all attempts together; a pause
 * that would not end within it is left to the caller. A request that is under way when the time is
 * over, or the page gone, is left to arrive: only an abort takes it back.
 */
export async function post(
  env: Reach,
  url: string,
  body: string,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const endMs = env.performance.now() + limitMs;
  const leftMs = (): number => endMs - env.performance.now();
  for (let attempt = 1; ; attempt++) {
    const outcome = await tried(env, url, body, leftMs(), signal);
    if (!(outcome instanceof OctetError)) return outcome;
    const pauseMs = outcome.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
    if (!passing(outcome) || attempt === MAX_ATTEMPTS || pauseMs >= leftMs()) throw outcome;
    await paused(env, Math.max(FIRST_PAUSE_MS, pauseMs), signal, () => void exchanged(env, url, body));
  }
}

/** A pause; a page that is left meanwhile has no later time, and tries *again* at once. */
async function paused(
  env: Reach,
  pauseMs: number,
  signal: AbortSignal | undefined,
  again: () => void,
): Promise<void> {
  const stay = onLeaving(env, again);
  try {
    await bounded(env, pauseMs, signal, new Promise(() => undefined));
  } finally {
    stay();
  }
}

function passing(error: OctetError): boolean {
  return error.status === undefined
    ? error.code === "network_error"
    : PASSING.includes(error.status);
}

/** One attempt; rejects on abort only, which cancels the request. */
async function tried(
  env: Reach,
  url: string,
  body: string,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Answer | OctetError> {
  const cancel = new AbortController();
  try {
    const reply = await bounded(env, limitMs, signal, exchanged(env, url, body, cancel.signal));
    if (reply === OVERTIME) return new OctetError("timeout", "the edge did not answer in time");
    return reply instanceof OctetError ? reply : understood(reply, env.Date.now());
  } catch (error) {
    cancel.abort();
    throw error;
  }
}

/** The reply, read to its end, or why there is none: a browser does not tell a page more. */
async function exchanged(
  env: Reach,
  url: string,
  body: string,
  signal?: AbortSignal,
): Promise<Reply | OctetError> {
  try {
    return await read(await env.fetch(url, request(body, signal)));
  } catch {
    return new OctetError("network_error", "the edge could not be reached");
  }
}

async function read(reply: FetchReply): Promise<Reply> {
  return {
    status: reply.status,
    retryAfter: reply.headers.get("retry-after"),
    body: await reply.text(),
  };
}

/**
 * A redirect would carry the report to another host than the customer's; `keepalive` lets it arrive
 * when the page is left meanwhile.
 */
function request(body: string, signal?: AbortSignal): Parameters<Env["fetch"]>[1] {
  return {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    keepalive: true,
    ...(signal && { signal }),
  };
}
