import { abortError } from "./abort";
import { Budget } from "./budget";
import { collect } from "./collect";
import type { Config } from "./config";
import type { Env } from "./env";
import { OctetError } from "./error";
import { plan } from "./plan";
import { post } from "./post";
import { report } from "./report";
import type { Answer } from "./verdict";
import type { Visit } from "./visit";

/** What no report can be made without. */
const NEEDED: readonly (keyof Env)[] = ["isSecureContext", "fetch", "crypto", "MessageChannel"];

/**
 * `verify` in a given environment: refuse what cannot work, collect, post.
 *
 * When the page is left before its report is posted, what is there by then is posted at once.
 */
export async function verifyIn(env: Env, config: Config): Promise<Answer> {
  refuse(env);
  if (config?.signal?.aborted) throw abortError();
  const chosen = plan(config, env.location?.href);
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  env.addEventListener("pagehide", leave);
  try {
    const budget = new Budget(chosen.timeoutMs, () => env.performance.now());
    return await visited(env, { plan: chosen, budget, leaving: leaving.signal, receipts: [] });
  } finally {
    env.removeEventListener("pagehide", leave);
  }
}

function refuse(env: Env): void {
  if (env.isSecureContext === false)
    throw new OctetError("insecure_context", "the page is neither https: nor localhost");
  const lacking = NEEDED.find((name) => !env[name]);
  if (lacking) throw new OctetError("unsupported", `this is no browser that has ${lacking}`);
}

async function visited(env: Env, visit: Visit): Promise<Answer> {
  const signals = await collect(env, visit);
  const body = JSON.stringify(report(env.crypto, visit, signals));
  const ends = { abort: visit.plan.signal, leave: visit.leaving };
  return post(env, visit.plan.postUrl, body, visit.budget.postMs(), ends);
}
