import { abortError } from "./abort";
import { bounded, OVERTIME } from "./bound";
import type { Env } from "./env";
import { rounded } from "./fact";
import type { Reading, Signal } from "./reading";
import { SOURCES, type Source } from "./sources";
import type { Visit } from "./visit";

/** No source but the latency channels waits for more than the browser itself. */
const SOURCE_LIMIT_MS = 500;
/** What browsers throw when a policy or the visitor forbids an interface. */
const REFUSALS = ["SecurityError", "NotAllowedError"];

/**
 * Every signal by name, one source after another, so that none disturbs the timing of the next, each
 * in a task of its own, so that the page has its thread in between.
 *
 * No source can fail the collection: one that throws is missing as `error`, one that does not answer
 * as `timeout`. Once the page is being left, what would have to be waited for is missing as `timeout`
 * and the rest comes within the same task. Rejects only on abort.
 */
export async function collect(
  env: Env,
  visit: Visit,
  sources = SOURCES,
): Promise<Record<string, Signal>> {
  const signals: Record<string, Signal> = {};
  for (const source of sources) {
    if (visit.plan.signal?.aborted) throw abortError();
    if (!visit.leaving.aborted) await turn(env, visit);
    signals[source.name] = await timed(env, visit, source);
  }
  return signals;
}

/** The end of this task: a message is no timer, which browsers hold back for seconds in hidden pages. */
async function turn(env: Env, { plan, leaving }: Visit): Promise<void> {
  const { port1, port2 } = new env.MessageChannel();
  const turned = new Promise<void>((resolve) => (port1.onmessage = () => resolve()));
  port2.postMessage(0);
  try {
    await bounded(env, SOURCE_LIMIT_MS, { abort: plan.signal, leave: leaving }, turned);
  } finally {
    port1.close();
  }
}

async function timed(env: Env, visit: Visit, source: Source): Promise<Signal> {
  const startMs = env.performance.now();
  const reading = await taken(env, visit, source);
  return { ...reading, ms: rounded(env.performance.now() - startMs) };
}

async function taken(env: Env, visit: Visit, source: Source): Promise<Reading> {
  if (source.skippedIn?.includes(visit.plan.mode)) return { missing: "skipped" };
  if (source.waits && visit.leaving.aborted) return { missing: "timeout" };
  const attempt = attempted(env, visit, source);
  if (source.boundsItself) return attempt;
  const limitMs = Math.min(SOURCE_LIMIT_MS, visit.budget.collectMs());
  const ends = { abort: visit.plan.signal, leave: visit.leaving };
  const reading = await bounded(env, limitMs, ends, attempt);
  return reading === OVERTIME ? { missing: "timeout" } : reading;
}

async function attempted(env: Env, visit: Visit, source: Source): Promise<Reading> {
  try {
    return await source.read(env, visit);
  } catch (error) {
    if (visit.plan.signal?.aborted) throw abortError();
    return { missing: refused(error) ? "blocked" : "error" };
  }
}

function refused(error: unknown): boolean {
  return error instanceof Error && REFUSALS.includes(error.name);
}
