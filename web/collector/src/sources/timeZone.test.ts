import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, fakeFormat } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { timeZone } from "./timeZone";

test("the time zone has the golden sample's members", () => {
  assertLikeGolden("timeZone", timeZone(fakeBrowser().env));
});

test("the zone's name is passed on as the browser gives it", () => {
  const Intl = { DateTimeFormat: fakeFormat({ timeZone: "America/Argentina/Ushuaia" }) };
  assert.deepEqual(timeZone({ Intl }), { value: { name: "America/Argentina/Ushuaia" } });
});

test("a browser that cannot name its zone has none", () => {
  for (const resolved of [{}, { timeZone: "" }]) {
    const Intl = { DateTimeFormat: fakeFormat(resolved) };
    assert.deepEqual(timeZone({ Intl }), { missing: "unsupported" });
  }
});
