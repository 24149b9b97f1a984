import { OctetError } from "./error";
import type { Answer } from "./verdict";

/** An edge's reply, read to its end. */
export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** The edge's answer, or the error that the reply is. *nowMs* is for a `Retry-After` that names a date. */
export function understood(reply: Reply, nowMs: number): Answer | OctetError {
  const { code, detail, title, ok, verdict } = parsed(reply.body) as Record<string, unknown>;
  if (reply.status === 200 && ok === true) {
    return verdict ? { ok, verdict: verdict as NonNullable<Answer["verdict"]> } : { ok };
  }
  const retryAfterMs = delayMs(reply.retryAfter, nowMs);
  const known = { status: reply.status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (typeof code !== "string")
    return new OctetError("reply_invalid", "the reply is not an edge's", known);
  return new OctetError(code, String(detail ?? title ?? code), known);
}

function parsed(body: string): object {
  try {
    return Object(JSON.parse(body));
  } catch {
    return {};
  }
}

/** `Retry-After` is seconds or a date (RFC 9110, 10.2.3). */
function delayMs(retryAfter: string | null, nowMs: number): number | undefined {
  if (!retryAfter) return undefined;
  const delay = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - nowMs;
  return Number.isFinite(delay) ? Math.max(0, delay) : undefined;
}
