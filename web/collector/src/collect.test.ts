import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, type FakeBrowser } from "../test/fakeBrowser";
import { Budget } from "./budget";
import { collect, collectAtOnce } from "./collect";
import type { Config } from "./config";
import { plan } from "./plan";
import { SOURCES, type Source } from "./sources";
import type { Visit } from "./visit";

function begun(browser: FakeBrowser, config: Partial<Config> = {}): Visit {
  const chosen = plan({ apiUrl: "https://shop.example/octet", ...config });
  const budget = new Budget(chosen.timeoutMs, browser.time.performance.now);
  const stop = chosen.signal ?? new AbortController().signal;
  return { plan: chosen, budget, stop, signals: {}, receipts: [] };
}

async function collected(
  browser: FakeBrowser,
  config: Partial<Config> = {},
  sources?: readonly Source[],
): Promise<Visit["signals"]> {
  const visit = begun(browser, config);
  await browser.time.run(collect(browser.env, visit, sources));
  return visit.signals;
}

function only(read: Source["read"]): readonly Source[] {
  return [{ name: "only", read }];
}

function throwing(error: unknown): Source["read"] {
  return () => {
    throw error;
  };
}

test("a full visit to a browser that has everything misses nothing", async () => {
  const signals = await collected(fakeBrowser());
  assert.deepEqual(
    Object.keys(signals),
    SOURCES.map(({ name }) => name),
  );
  assert.ok(Object.values(signals).every((signal) => "value" in signal && signal.ms >= 0));
});

test("a mode skips what it leaves out, and only that", async () => {
  const skipped = async (mode: NonNullable<Config["mode"]>): Promise<string[]> =>
    Object.entries(await collected(fakeBrowser(), { mode }))
      .filter(([, signal]) => "missing" in signal && signal.missing === "skipped")
      .map(([name]) => name);
  assert.deepEqual(await skipped("full"), []);
  assert.deepEqual(await skipped("lite"), ["webgl"]);
  assert.deepEqual(await skipped("passive"), ["latency"]);
});

test("a passive visit opens no channel", async () => {
  const browser = fakeBrowser();
  await collected(browser, { mode: "passive", landmarks: ["https://far.example"] });
  assert.deepEqual(browser.edge.channels, []);
});

test("a source that throws is an error, one that is refused is blocked, and the next is read", async () => {
  const cases: [Source["read"], string][] = [
    [throwing(new TypeError("bug")), "error"],
    [throwing("text"), "error"],
    [() => Promise.reject(new Error("later")), "error"],
    [throwing(new DOMException("no", "SecurityError")), "blocked"],
    [() => Promise.reject(new DOMException("no", "NotAllowedError")), "blocked"],
  ];
  for (const [read, missing] of cases) {
    const next: Source = { name: "next", read: () => ({ value: 1 }) };
    const signals = await collected(fakeBrowser(), {}, [...only(read), next]);
    assert.deepEqual(signals, { only: { missing, ms: 0 }, next: { value: 1, ms: 0 } });
  }
});

test("a source that hangs is left after half a second, or when the budget is spent", async () => {
  const hanging = only(() => new Promise(() => undefined));
  const timeout = (ms: number): object => ({ only: { missing: "timeout", ms } });
  assert.deepEqual(await collected(fakeBrowser(), {}, hanging), timeout(500));
  assert.deepEqual(await collected(fakeBrowser(), { timeoutMs: 100 }, hanging), timeout(75));
});

test("what the browser answers at once is there even when the budget is spent", async () => {
  const late: Source = { name: "late", read: () => ({ value: 1 }) };
  const hanging = only(() => new Promise(() => undefined));
  const signals = await collected(fakeBrowser(), { timeoutMs: 100 }, [...hanging, late]);
  assert.deepEqual(signals["late"], { value: 1, ms: 0 });
});

test("a reading tells the milliseconds it took", async () => {
  const browser = fakeBrowser();
  const slow = only(
    () => new Promise((resolve) => browser.time.setTimeout(() => resolve({ value: 1 }), 12.344)),
  );
  assert.deepEqual(await collected(browser, {}, slow), { only: { value: 1, ms: 12.34 } });
});

test("an abort ends the collection, before, between and within sources", async () => {
  await assert.rejects(collected(fakeBrowser(), { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  for (const boundsItself of [{}, { boundsItself: true }] as const) {
    const browser = fakeBrowser();
    const control = new AbortController();
    const reads: string[] = [];
    const aborting: Source = {
      name: "aborting",
      ...boundsItself,
      read: () => (control.abort(), { value: 1 }),
    };
    const never: Source = { name: "never", read: () => (reads.push("never"), { value: 1 }) };
    const work = collected(browser, { signal: control.signal }, [aborting, never]);
    await assert.rejects(work, { name: "AbortError" });
    assert.deepEqual(reads, []);
  }
});

test("an abort during the volleys ends them", async () => {
  const browser = fakeBrowser();
  const control = new AbortController();
  browser.time.setTimeout(() => control.abort(), 200);
  await assert.rejects(collected(browser, { signal: control.signal }), { name: "AbortError" });
  browser.edge.assertLeftClean();
});

test("every source has a task of its own, and whatever is loaded before it", async () => {
  const browser = fakeBrowser();
  const tasks: string[] = [];
  const read = (): { value: number } => {
    if (tasks.at(-1) !== "task") tasks.push("same task");
    tasks.push("read");
    return { value: 1 };
  };
  const { MessageChannel } = browser.env;
  const env = {
    ...browser.env,
    MessageChannel: class extends MessageChannel {
      constructor() {
        super();
        tasks.push("task");
      }
    },
  };
  const before = [throwing(new TypeError("bug")) as () => never, () => tasks.push("load")];
  await collected({ ...browser, env }, {}, [...only(read), { name: "next", read, before }]);
  assert.deepEqual(tasks, ["task", "read", "task", "task", "load", "task", "read"]);
});

test("what is there at once is read within the task, and what takes its time is not begun", () => {
  const browser = fakeBrowser();
  const visit = begun(browser, { mode: "passive" });
  const asked: string[] = [];
  const fast: Source = { name: "fast", read: () => ({ value: 1 }) };
  const slow: Source = { name: "slow", waits: true, read: () => (asked.push("slow"), { value: 1 }) };
  const broken: Source = { name: "broken", read: throwing(new TypeError("bug")) };
  const skipped: Source = { ...slow, name: "skipped", skippedIn: ["passive"] };
  collectAtOnce(browser.env, visit, [fast, slow, broken, skipped]);
  assert.deepEqual(visit.signals, {
    fast: { value: 1, ms: 0 },
    slow: { missing: "timeout", ms: 0 },
    broken: { missing: "error", ms: 0 },
    skipped: { missing: "skipped", ms: 0 },
  });
  assert.deepEqual(asked, []);
});

test("what was collected before stays", () => {
  const browser = fakeBrowser();
  const visit = begun(browser);
  visit.signals["timeZone"] = { value: { name: "Asia/Tokyo" }, ms: 7 };
  collectAtOnce(browser.env, visit);
  assert.deepEqual(visit.signals["timeZone"], { value: { name: "Asia/Tokyo" }, ms: 7 });
  assert.deepEqual(
    SOURCES.filter(({ read }) => read(browser.env, visit) instanceof Promise).map(({ name }) => name),
    SOURCES.filter(({ name, waits }) => waits && name !== "webgl").map(({ name }) => name),
  );
});
