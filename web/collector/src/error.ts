/**
 * The errors of `verify`:
 *
 *     OctetError                 `code` says which
 *     ├── the edge's problem     its own code, with `status`: rate_limited, license_expired, …
 *     ├── reply_invalid          `status`, but no problem and no answer: not an edge, or a wrong URL
 *     ├── network_error          no reply: offline, blocked, foreign certificate, CORS
 *     ├── timeout                no reply within the budget
 *     ├── insecure_context       the page is neither https: nor localhost
 *     ├── unsupported            no browser, or one without fetch, crypto or MessageChannel
 *     └── config_invalid         the options given
 *     AbortError (DOMException)  the caller's own signal
 */
export class OctetError extends Error {
  override readonly name = "OctetError";
  /** Stable, for programs. */
  readonly code: string;
  /** HTTP status of the edge's reply, if there was one. */
  readonly status?: number;
  /** Milliseconds after which another call may do better, if the edge said so. */
  readonly retryAfterMs?: number;

  constructor(
    code: string,
    message: string,
    reply: { status?: number; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.code = code;
    if (reply.status !== undefined) this.status = reply.status;
    if (reply.retryAfterMs !== undefined) this.retryAfterMs = reply.retryAfterMs;
  }
}
