import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "./config";
import { plan } from "./plan";

const API = "https://shop.example/octet";
const PAGE = "https://shop.example/pay?step=2#card";

function channels(config: Partial<Config>): readonly string[] {
  return plan({ apiUrl: API, ...config }, PAGE).channels;
}

test("the defaults are full, 24 volleys and five seconds", () => {
  assert.deepEqual(plan({ apiUrl: API }), {
    mode: "full",
    postUrl: "https://shop.example/octet/v1/signals",
    channels: ["wss://shop.example/octet/v1/ws"],
    volleys: 24,
    timeoutMs: 5000,
  });
});

test("the mode decides the volleys, and the older name still works", () => {
  const cases: [Partial<Config>, string, number][] = [
    [{ mode: "full" }, "full", 24],
    [{ mode: "lite" }, "lite", 8],
    [{ mode: "passive" }, "passive", 0],
    [{ passiveOnly: true }, "passive", 0],
    [{ passiveOnly: true, mode: "full" }, "passive", 0],
    [{ passiveOnly: false, mode: "lite" }, "lite", 8],
  ];
  for (const [config, mode, volleys] of cases) {
    const got = plan({ apiUrl: API, ...config });
    assert.deepEqual([got.mode, got.volleys], [mode, volleys]);
  }
});

test("the base URL may be relative, end in a slash or be on localhost", () => {
  const cases: [string, string, string][] = [
    ["https://a.example", "https://a.example/v1/signals", "wss://a.example/v1/ws"],
    ["https://a.example/x/", "https://a.example/x/v1/signals", "wss://a.example/x/v1/ws"],
    ["http://localhost:8080", "http://localhost:8080/v1/signals", "ws://localhost:8080/v1/ws"],
    ["/octet", "https://shop.example/octet/v1/signals", "wss://shop.example/octet/v1/ws"],
    [
      "https://a.example/x?k=1#y",
      "https://a.example/x/v1/signals?k=1",
      "wss://a.example/x/v1/ws?k=1",
    ],
  ];
  for (const [apiUrl, postUrl, channel] of cases) {
    const got = plan({ apiUrl }, PAGE);
    assert.deepEqual([got.postUrl, ...got.channels], [postUrl, channel]);
  }
});

test("a channel is given by its own URL or by its edge's base", () => {
  const cases: [string, string][] = [
    ["wss://ws.example/latency", "wss://ws.example/latency"],
    ["wss://ws.example/latency#x", "wss://ws.example/latency"],
    ["https://ws.example/octet", "wss://ws.example/octet/v1/ws"],
    ["https://ws.example/octet/v1/ws", "wss://ws.example/octet/v1/ws"],
    ["/elsewhere", "wss://shop.example/elsewhere/v1/ws"],
  ];
  for (const [wsUrl, channel] of cases) assert.deepEqual(channels({ wsUrl }), [channel]);
});

test("landmarks follow the own channel, each once, eight channels in all", () => {
  const landmarks = ["wss://b.example/v1/ws", "https://b.example", API];
  assert.deepEqual(channels({ landmarks }), [
    "wss://shop.example/octet/v1/ws",
    "wss://b.example/v1/ws",
  ]);
  const many = Array.from({ length: 20 }, (_, index) => `https://edge${index}.example`);
  assert.equal(channels({ landmarks: many }).length, 8);
});

test("reference and signal are passed on as they are", () => {
  const { signal } = new AbortController();
  const got = plan({ apiUrl: API, sessionRef: "sess_1", signal });
  assert.equal(got.sessionRef, "sess_1");
  assert.equal(got.signal, signal);
});

test("the budget is at most a minute", () => {
  assert.equal(plan({ apiUrl: API, timeoutMs: 300 }).timeoutMs, 300);
  assert.equal(plan({ apiUrl: API, timeoutMs: Infinity }).timeoutMs, 60_000);
});

test("options that make no sense are refused", () => {
  const cases: unknown[] = [
    undefined,
    {},
    { apiUrl: "" },
    { apiUrl: "octet" },
    { apiUrl: "wss://shop.example" },
    { apiUrl: "ftp://shop.example" },
    { apiUrl: API, wsUrl: "data:," },
    { apiUrl: API, landmarks: "https://b.example" },
    { apiUrl: API, landmarks: ["::"] },
    { apiUrl: API, mode: "other" },
    { apiUrl: API, mode: "toString" },
    { apiUrl: API, timeoutMs: 0 },
    { apiUrl: API, timeoutMs: NaN },
  ];
  for (const config of cases) {
    assert.throws(() => plan(config as Config), { name: "OctetError", code: "config_invalid" });
  }
});
