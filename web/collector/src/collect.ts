import { abortError } from "./abort";
import { bounded, OVERTIME } from "./bound";
import type { Env } from "./env";
import { rounded } from "./fact";
import type { MissingReason, Reading, Signal } from "./reading";
import { SOURCES, type Source } from "./sources";
import type { Visit } from "./visit";

/** No source but the latency channels waits for more than the browser itself. */
const SOURCE_LIMIT_MS = 500;
/** What browsers throw when a policy or the visitor forbids an interface. */
const REFUSALS = ["SecurityError", "NotAllowedError"];

/**
 * Put every signal into *visit*, one source after another, so that none disturbs the timing of the
 * next, each in a task of its own, so that the page has its thread in between.
 *
 * No source can fail the collection: one that throws is missing as `error`, one that does not answer
 * as `timeout`. Rejects only when it is stopped.
 */
export async function collect(env: Env, visit: Visit, sources = SOURCES): Promise<void> {
  for (const source of sources) {
    for (const load of source.before ?? []) {
      await turn(env, visit.stop);
      attempt(env, load);
    }
    await turn(env, visit.stop);
    const startMs = env.performance.now();
    const reading = await taken(env, visit, source);
    visit.signals[source.name] = timed(env, startMs, reading);
  }
}

/**
 * Put the signals that are not there yet into *visit*, within the task that runs: the page is being
 * left, and after this it may have no other, nor even the microtasks of this one (Firefox, when a tab
 * is closed). What would take its time is missing as `timeout`.
 */
export function collectAtOnce(env: Env, visit: Visit, sources = SOURCES): void {
  for (const source of sources) {
    if (visit.signals[source.name]) continue;
    const startMs = env.performance.now();
    visit.signals[source.name] = timed(env, startMs, ready(env, visit, source));
  }
}

/** The end of this task: a message is no timer, which browsers hold back for seconds in hidden pages. */
async function turn(env: Env, stop: AbortSignal): Promise<void> {
  const { port1, port2 } = new env.MessageChannel();
  const turned = new Promise<void>((resolve) => (port1.onmessage = () => resolve()));
  port2.postMessage(0);
  try {
    await bounded(env, SOURCE_LIMIT_MS, stop, turned);
  } finally {
    port1.close();
  }
}

/** Do what only saves time later. */
function attempt(env: Env, load: (env: Env) => unknown): void {
  try {
    load(env);
  } catch {
    // The source says what is missing.
  }
}

async function taken(env: Env, visit: Visit, source: Source): Promise<Reading> {
  if (skipped(visit, source)) return { missing: "skipped" };
  const attempt = attempted(env, visit, source);
  if (source.boundsItself) return attempt;
  const limitMs = Math.min(SOURCE_LIMIT_MS, visit.budget.collectMs());
  const reading = await bounded(env, limitMs, visit.stop, attempt);
  return reading === OVERTIME ? { missing: "timeout" } : reading;
}

async function attempted(env: Env, visit: Visit, source: Source): Promise<Reading> {
  try {
    return await source.read(env, visit);
  } catch (error) {
    if (visit.stop.aborted) throw abortError();
    return { missing: reason(error) };
  }
}

function ready(env: Env, visit: Visit, source: Source): Reading {
  if (skipped(visit, source)) return { missing: "skipped" };
  if (source.waits) return { missing: "timeout" };
  try {
    return source.read(env, visit) as Reading;
  } catch (error) {
    return { missing: reason(error) };
  }
}

function skipped(visit: Visit, source: Source): boolean {
  return !!source.skippedIn?.includes(visit.plan.mode);
}

function reason(error: unknown): MissingReason {
  return error instanceof Error && REFUSALS.includes(error.name) ? "blocked" : "error";
}

function timed(env: Env, startMs: number, reading: Reading): Signal {
  return { ...reading, ms: rounded(env.performance.now() - startMs) };
}
