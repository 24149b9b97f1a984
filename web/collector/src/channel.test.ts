import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, type FakeBrowser } from "../test/fakeBrowser";
import { behaved, refused, saying, silent, type ChannelScript } from "../test/fakeEdge";
import { measure, type ChannelRequest, type Measured } from "./channel";

const REQUEST: ChannelRequest = {
  url: "wss://shop.example/octet/v1/ws?tenant=7",
  sessionRef: "sess_12345678",
  volleys: 24,
  budgetMs: 1500,
  limitMs: 3000,
};
const HELLO = { t: "hello", v: 1, volleys: 24 };
const PING = { t: "ping", n: "a" };

async function measured(
  script: ChannelScript,
  change: Partial<ChannelRequest> = {},
  browser: FakeBrowser = fakeBrowser(),
  signal?: AbortSignal,
): Promise<Measured> {
  browser.edge.script = script;
  try {
    return await browser.time.run(measure(browser.env, { ...REQUEST, ...change }, signal));
  } finally {
    browser.edge.assertLeftClean();
  }
}

test("the edge is asked by the address, whose own query stays", async () => {
  const browser = fakeBrowser();
  await measured(behaved({ rttMs: 20 }), {}, browser);
  assert.deepEqual(Object.fromEntries(browser.edge.channels[0]?.asked ?? []), {
    tenant: "7",
    ref: "sess_12345678",
    volleys: "24",
    budgetMs: "1500",
  });
});

test("without a reference none is sent", async () => {
  const browser = fakeBrowser();
  const { sessionRef: _, ...request } = REQUEST;
  await browser.time.run(measure(browser.env, request));
  assert.equal(browser.edge.channels[0]?.asked.has("ref"), false);
});

test("a whole conversation gives the round trips and the receipt, and closes normally", async () => {
  const browser = fakeBrowser();
  const got = await measured(behaved({ rttMs: 20, receipt: "v4.local.r" }), {}, browser);
  assert.deepEqual(got, { rttMs: Array(23).fill(20), receipt: "v4.local.r" });
  assert.equal(browser.edge.channels[0]?.closedWith, 1000);
});

test("every page nonce is new", async () => {
  const browser = fakeBrowser();
  await measured(behaved({ rttMs: 20 }), {}, browser);
  const frames = browser.edge.channels[0]?.frames.map(
    (frame) => JSON.parse(frame) as { m: string },
  );
  assert.equal(new Set(frames?.map(({ m }) => m)).size, 24);
});

test("an edge that ends by its budget brings a receipt all the same", async () => {
  const got = await measured(behaved({ rttMs: 400 }), { budgetMs: 1000 });
  assert.deepEqual(got, { rttMs: [400, 400], receipt: "v4.local.sealed" });
});

test("what goes wrong is told with what was measured before", async () => {
  const dropping: ChannelScript = (far) => {
    far.onframe = ({ m }) =>
      far.after(30, () => (far.frames.length < 3 ? far.tell({ ...PING, m }) : far.drop()));
    saying(HELLO, PING)(far);
  };
  const cases: [string, ChannelScript, Measured][] = [
    ["forbidden", (far) => far.forbid(), { rttMs: [], failure: "error" }],
    ["refused", refused, { rttMs: [], failure: "error" }],
    ["silent", silent, { rttMs: [], failure: "timeout" }],
    ["wrong first frame", saying(PING), { rttMs: [], failure: "error" }],
    ["binary frame", saying(HELLO, PING, new ArrayBuffer(4)), { rttMs: [], failure: "error" }],
    ["foreign echo", saying(HELLO, PING, { ...PING, m: "?" }), { rttMs: [], failure: "error" }],
    ["end without receipt", saying(HELLO, PING, { t: "done" }), { rttMs: [], failure: "error" }],
    ["silent after a ping", saying(HELLO, PING), { rttMs: [], failure: "timeout" }],
    ["closed after two round trips", dropping, { rttMs: [30, 30], failure: "error" }],
  ];
  for (const [name, script, expected] of cases)
    assert.deepEqual(await measured(script), expected, name);
});

test("the page stops waiting at its own limit and keeps what it measured", async () => {
  const { rttMs, failure } = await measured(behaved({ rttMs: 100 }), { limitMs: 1000 });
  assert.deepEqual({ count: rttMs.length, failure }, { count: 6, failure: "timeout" });
});

test("an abort closes the socket, at any time", async () => {
  for (const abortMs of [0, 10, 75, 500]) {
    const browser = fakeBrowser();
    const control = new AbortController();
    browser.time.setTimeout(() => control.abort(), abortMs);
    const work = measured(behaved({ rttMs: 20 }), {}, browser, control.signal);
    await assert.rejects(work, { name: "AbortError" }, `after ${abortMs} ms`);
  }
});

test("frames after the end are not heard", async () => {
  const browser = fakeBrowser();
  await measured(behaved({ rttMs: 20 }), {}, browser);
  const [far] = browser.edge.channels;
  const before = far?.frames.length;
  far?.tell(PING);
  assert.equal(far?.frames.length, before);
});

test("what throws while a frame is heard is no error of the page", async () => {
  const browser = fakeBrowser({ crypto: { getRandomValues: () => assert.fail("tampered with") } });
  await assert.rejects(measured(behaved({ rttMs: 20 }), {}, browser), /tampered/);
});
