import { abortError } from "./abort";
import { Budget } from "./budget";
import { collect, collectAtOnce } from "./collect";
import type { Config } from "./config";
import type { Env } from "./env";
import { OctetError } from "./error";
import { onLeaving } from "./leaving";
import { plan } from "./plan";
import { post } from "./post";
import { report } from "./report";
import type { Answer } from "./verdict";
import type { Visit } from "./visit";

/** What no report can be made without. */
const NEEDED: readonly (keyof Env)[] = ["isSecureContext", "fetch", "crypto", "MessageChannel"];

/** `verify` in a given environment: refuse what cannot work, collect, post. */
export async function verifyIn(env: Env, config: Config): Promise<Answer> {
  refuse(env);
  if (config?.signal?.aborted) throw abortError();
  const chosen = plan(config, env.location?.href);
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  chosen.signal?.addEventListener("abort", abort);
  try {
    const budget = new Budget(chosen.timeoutMs, () => env.performance.now());
    const visit = { plan: chosen, budget, stop: stop.signal, signals: {}, receipts: [] };
    return await visited(env, visit, stop);
  } finally {
    chosen.signal?.removeEventListener("abort", abort);
  }
}

function refuse(env: Env): void {
  if (env.isSecureContext === false)
    throw new OctetError("insecure_context", "the page is neither https: nor localhost");
  const lacking = NEEDED.find((name) => !env[name]);
  if (lacking) throw new OctetError("unsupported", `this is no browser that has ${lacking}`);
}

/** Collect and post; when the page is left before, what is there by then is posted at once. */
function visited(env: Env, visit: Visit, stop: AbortController): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let body: string | undefined; // one for all attempts, hence one id
    const posted = async (): Promise<Answer> => {
      body ??= JSON.stringify(report(env.crypto, visit));
      return post(env, visit.plan.postUrl, body, visit.budget.postMs(), visit.plan.signal);
    };
    const stay = onLeaving(env, () => {
      collectAtOnce(env, visit);
      resolve(posted());
      stop.abort();
    });
    collect(env, visit).finally(stay).then(posted).then(resolve, reject);
  });
}
