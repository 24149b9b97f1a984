import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, fakeDate } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { utcOffset } from "./utcOffset";

test("the offsets have the golden sample's members", () => {
  assertLikeGolden("utcOffset", utcOffset(fakeBrowser().env));
});

test("offsets count minutes east of UTC, now and in both halves of the year", () => {
  const cases: [winter: number, summer: number][] = [
    [60, 120],
    [-300, -240],
    [330, 330],
    [0, 0],
    [845, 765],
  ];
  for (const [winter, summer] of cases) {
    const expected = { nowMin: winter, janMin: winter, julMin: summer };
    assert.deepEqual(utcOffset({ Date: fakeDate(winter, summer) }), { value: expected });
  }
});

test("what is no offset is missing, and does not have the report refused", () => {
  for (const disguised of [NaN, "soon", Infinity, -Infinity, 2 ** 60, 1441, -1441]) {
    const offset = disguised as number;
    for (const date of [fakeDate(60, offset), fakeDate(offset, 120)]) {
      assert.deepEqual(utcOffset({ Date: date }), { missing: "error" }, String(disguised));
    }
  }
});
