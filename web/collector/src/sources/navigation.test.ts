import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, LOAD } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { navigation } from "./navigation";

function loaded(...entries: object[]): Parameters<typeof navigation>[0] {
  return { performance: { now: () => 0, getEntriesByType: () => entries } };
}

test("the page's load has the golden sample's members", () => {
  assertLikeGolden("navigation", navigation(fakeBrowser().env));
});

test("connecting ends where TLS begins, and without TLS where the connection stands", () => {
  const cases: [object, object][] = [
    [LOAD, { connectMs: 20, tlsMs: 30, requestMs: 40, protocol: "h2" }],
    [
      { ...LOAD, secureConnectionStart: 0 },
      { connectMs: 50, requestMs: 40, protocol: "h2" },
    ],
    [
      { ...LOAD, secureConnectionStart: 10 },
      { tlsMs: 50, requestMs: 40, protocol: "h2" },
    ],
  ];
  for (const [entry, value] of cases) assert.deepEqual(navigation(loaded(entry)), { value });
});

test("what did not take place is left out", () => {
  const reused = { connectStart: 5, secureConnectionStart: 0, connectEnd: 5 };
  const cases: [object, object][] = [
    [
      { ...LOAD, ...reused },
      { requestMs: 40, protocol: "h2" },
    ],
    [{ ...LOAD, ...reused, transferSize: 0, nextHopProtocol: "" }, {}],
    [
      { ...LOAD, responseStart: 0 },
      { connectMs: 20, tlsMs: 30, protocol: "h2" },
    ],
  ];
  for (const [entry, value] of cases) {
    const expected = Object.keys(value).length > 0 ? { value } : { missing: "unsupported" };
    assert.deepEqual(navigation(loaded(entry)), expected);
  }
});

test("a browser without navigation timing is without the signal", () => {
  assert.deepEqual(navigation(loaded()), { missing: "unsupported" });
  assert.deepEqual(navigation({ performance: { now: () => 0 } }), { missing: "unsupported" });
});
