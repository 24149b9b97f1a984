import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { connection } from "./connection";

test("the connection has the golden sample's members", () => {
  assertLikeGolden("connection", connection(fakeBrowser().env));
});

test("a round trip rounded to zero is a fact, an infinite downlink is none", () => {
  const navigator = { connection: { effectiveType: "4g", rtt: 0, downlink: Infinity } };
  assert.deepEqual(connection({ navigator }), { value: { effectiveType: "4g", rttMs: 0 } });
});

test("a browser without the interface, or with an empty one, is without the signal", () => {
  for (const navigator of [{}, { connection: {} }]) {
    assert.deepEqual(connection({ navigator }), { missing: "unsupported" });
  }
});
