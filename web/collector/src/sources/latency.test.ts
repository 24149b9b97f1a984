import assert from "node:assert/strict";
import { test } from "node:test";
import { Budget } from "../budget";
import type { Config } from "../config";
import type { Env } from "../env";
import { plan } from "../plan";
import type { Reading } from "../reading";
import type { Visit } from "../visit";
import { fakeBrowser, type FakeBrowser } from "../../test/fakeBrowser";
import { behaved, refused, saying, silent } from "../../test/fakeEdge";
import { assertLikeGolden } from "../../test/golden";
import { latency, type Latency } from "./latency";

const OWN = "wss://shop.example/octet/v1/ws";
const FAR = "wss://far.example/octet/v1/ws";
const LANDMARKS = { landmarks: ["https://far.example/octet"] };

async function measured(
  browser: FakeBrowser,
  config: Partial<Config> = {},
  env: Env = browser.env,
): Promise<{ got: Reading<Latency>; visit: Visit }> {
  const chosen = plan({ apiUrl: "/octet", ...config }, browser.env.location?.href);
  const budget = new Budget(chosen.timeoutMs, browser.time.performance.now);
  const visit: Visit = { plan: chosen, budget, stop: new AbortController().signal, signals: {}, receipts: [] };
  const got = await browser.time.run(latency(env, visit));
  browser.edge.assertLeftClean();
  return { got, visit };
}

test("the channels have the golden sample's members", async () => {
  assertLikeGolden("latency", (await measured(fakeBrowser())).got);
});

test("a channel of n volleys gives n - 1 round trips and a receipt", async () => {
  const { got, visit } = await measured(fakeBrowser(), { mode: "lite" });
  assert.deepEqual(got, { value: { channels: [{ url: OWN, rttMs: Array(7).fill(20) }] } });
  assert.deepEqual(visit.receipts, ["v4.local.sealed"]);
});

test("a visitor half a second away from the edge brings a receipt within the default budget", async () => {
  const browser = fakeBrowser();
  browser.edge.script = behaved({ rttMs: 500 });
  const { visit } = await measured(browser);
  assert.equal(visit.receipts.length, 1);
  assert.equal(browser.edge.channels[0]?.asked.get("budgetMs"), "1500");
});

test("landmarks are measured one after another, the own edge first", async () => {
  const browser = fakeBrowser();
  browser.edge.script = (far) => {
    assert.ok(browser.edge.channels.slice(0, -1).every(({ closedWith }) => closedWith === 1000));
    behaved({ rttMs: far.url.startsWith(FAR) ? 80 : 10 })(far);
  };
  const { got, visit } = await measured(browser, LANDMARKS);
  assert.ok("value" in got);
  assert.deepEqual(
    got.value.channels.map(({ url }) => url),
    [OWN, FAR],
  );
  assert.deepEqual(
    got.value.channels.map(({ rttMs }) => Math.min(...rttMs)),
    [10, 80],
  );
  assert.equal(visit.receipts.length, 2);
});

test("a silent channel takes no more than half the time from those behind it", async () => {
  const browser = fakeBrowser();
  browser.edge.script = (far) => (far.url.startsWith(FAR) ? behaved({ rttMs: 200 }) : silent)(far);
  const { got, visit } = await measured(browser, LANDMARKS);
  assert.ok("value" in got && got.value.channels[0]?.url === FAR);
  assert.equal(visit.receipts.length, 1);
});

test("a channel that has no time left is not opened", async () => {
  const browser = fakeBrowser();
  const { got } = await measured(browser, { timeoutMs: 100 });
  assert.deepEqual(got, { missing: "timeout" });
  assert.deepEqual(browser.edge.channels, []);
});

test("a receipt after a single volley is a channel without round trips of the page's own", async () => {
  const browser = fakeBrowser();
  browser.edge.script = saying(
    { t: "hello", v: 1 },
    { t: "ping", n: "a" },
    { t: "done", receipt: "v4.local.x" },
  );
  const { got, visit } = await measured(browser);
  assert.deepEqual(got, { value: { channels: [{ url: OWN, rttMs: [] }] } });
  assert.deepEqual(visit.receipts, ["v4.local.x"]);
});

test("without any channel the first failure says why", async () => {
  const without = fakeBrowser();
  const { WebSocket: _, ...env } = without.env;
  assert.deepEqual((await measured(without, {}, env)).got, { missing: "unsupported" });
  for (const [script, missing] of [
    [silent, "timeout"],
    [refused, "error"],
  ] as const) {
    const browser = fakeBrowser();
    browser.edge.script = script;
    assert.deepEqual((await measured(browser, LANDMARKS)).got, { missing });
  }
});

test("a page whose policy forbids the channel is blocked", async () => {
  const WebSocket = class {
    constructor() {
      throw new DOMException("no", "SecurityError");
    }
  } as unknown as NonNullable<Env["WebSocket"]>;
  assert.deepEqual((await measured(fakeBrowser({ WebSocket }))).got, { missing: "blocked" });
});

test("at most eight channels are opened", async () => {
  const browser = fakeBrowser();
  browser.edge.script = behaved({ rttMs: 1 });
  const landmarks = Array.from({ length: 12 }, (_, index) => `https://edge${index}.example`);
  const { visit } = await measured(browser, { landmarks });
  assert.equal(browser.edge.channels.length, 8);
  assert.equal(visit.receipts.length, 8);
});
