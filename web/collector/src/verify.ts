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

/** `verify` in a given environment: refuse what cannot work, collect, post. */
export async function verifyIn(env: Env, config: Config): Promise<Answer> {
  if (!env.isSecureContext)
    throw new OctetError("insecure_context", "the page is neither https: nor localhost");
  if (config?.signal?.aborted) throw abortError();
  const visit = begun(env, config);
  const signals = await collect(env, visit);
  const body = JSON.stringify(report(env.crypto, visit, signals));
  return post(env, visit.plan.postUrl, body, visit.budget.postMs(), visit.plan.signal);
}

function begun(env: Env, config: Config): Visit {
  const chosen = plan(config, env.location?.href);
  return {
    plan: chosen,
    budget: new Budget(chosen.timeoutMs, () => env.performance.now()),
    receipts: [],
  };
}
