import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, type FakeBrowser } from "../test/fakeBrowser";
import { Budget } from "./budget";
import { collect } from "./collect";
import type { Config } from "./config";
import { plan } from "./plan";
import { SOURCES, type Source } from "./sources";
import type { Latency } from "./sources/latency";

function collected(
  browser: FakeBrowser,
  config: Partial<Config> = {},
  sources?: readonly Source[],
  leaving: AbortSignal = new AbortController().signal,
): ReturnType<typeof collect> {
  const chosen = plan({ apiUrl: "https://shop.example/octet", ...config });
  const budget = new Budget(chosen.timeoutMs, browser.time.performance.now);
  const visit = { plan: chosen, budget, leaving, receipts: [] };
  return browser.time.run(collect(browser.env, visit, sources));
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

test("every source has a task of its own", async () => {
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
  await collected({ ...browser, env }, {}, [...only(read), { name: "next", read }]);
  assert.deepEqual(tasks, ["task", "read", "task", "read"]);
});

test("a page that is left reads what is ready, begins no wait and ends the one under way", async () => {
  const browser = fakeBrowser();
  const leaving = new AbortController();
  const asked: string[] = [];
  const ready: Source = { name: "ready", read: () => ({ value: 1 }) };
  browser.time.setTimeout(() => leaving.abort(), 10);
  const left: Source = { name: "left", read: () => new Promise(() => undefined) };
  const read = (): { value: number } => (asked.push("waits"), { value: 1 });
  const waits: Source = { name: "waits", waits: true, read };
  const sources = [ready, left, waits, { ...ready, name: "last" }];
  assert.deepEqual(await collected(browser, {}, sources, leaving.signal), {
    ready: { value: 1, ms: 0 },
    left: { missing: "timeout", ms: 10 },
    waits: { missing: "timeout", ms: 0 },
    last: { value: 1, ms: 0 },
  });
  assert.deepEqual(asked, []);
});

test("a page that is left during the volleys keeps their round trips and opens no further channel", async () => {
  const browser = fakeBrowser();
  const leaving = new AbortController();
  browser.time.setTimeout(() => leaving.abort(), 200);
  const landmarks = ["https://far.example"];
  const { latency, clock } = await collected(browser, { landmarks }, SOURCES, leaving.signal);
  assert.ok(latency && "value" in latency && clock && "value" in clock);
  assert.equal((latency.value as Latency).channels[0]?.rttMs.length, 6);
  assert.equal(browser.edge.channels.length, 1);
  browser.edge.assertLeftClean();
});
