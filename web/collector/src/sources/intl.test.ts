import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, fakeFormat } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { intl } from "./intl";

const REQUIRED = { locale: "ar-EG", calendar: "islamic", numberingSystem: "arab" };

test("the resolved options have the golden sample's members", () => {
  assertLikeGolden("intl", intl(fakeBrowser().env));
});

test("an hour cycle that is not resolved is left out", () => {
  assert.deepEqual(intl({ Intl: { DateTimeFormat: fakeFormat(REQUIRED) } }), { value: REQUIRED });
});

test("a browser that resolves no calendar is without the signal", () => {
  const { calendar: _, ...rest } = REQUIRED;
  assert.deepEqual(intl({ Intl: { DateTimeFormat: fakeFormat(rest) } }), {
    missing: "unsupported",
  });
});

test("a real engine resolves an hour cycle", () => {
  const got = intl({ Intl });
  assert.ok("value" in got && /^h\d\d$/.test(got.value.hourCycle ?? ""));
});
