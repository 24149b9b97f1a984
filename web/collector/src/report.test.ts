import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Budget } from "./budget";
import type { Config } from "./config";
import { plan } from "./plan";
import { report } from "./report";
import type { Visit } from "./visit";

function visited(config: Partial<Config> = {}): Visit {
  const chosen = plan({ apiUrl: "https://shop.example/octet", ...config });
  const budget = new Budget(chosen.timeoutMs, () => 0);
  const stop = new AbortController().signal;
  return { plan: chosen, budget, stop, signals: {}, receipts: ["v4.local.a"] };
}

test("a report has exactly the members of version 1", () => {
  const signals = { timeZone: { value: { name: "Europe/Berlin" }, ms: 0.2 } };
  const visit = { ...visited({ sessionRef: "sess_12345678" }), signals };
  const { id, collector, ...rest } = report(crypto, visit);
  const expected = {
    v: 1,
    sessionRef: "sess_12345678",
    mode: "full",
    signals,
    receipts: ["v4.local.a"],
  };
  assert.deepEqual(rest, expected);
  assert.match(id, /^[0-9a-f-]{36}$/);
});

test("without a reference there is no such member", () => {
  assert.ok(!("sessionRef" in report(crypto, visited())));
});

test("the collector's version is the package's", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.equal(report(crypto, visited()).collector, version);
});

test("every report has its own id", () => {
  assert.notEqual(report(crypto, visited()).id, report(crypto, visited()).id);
});
