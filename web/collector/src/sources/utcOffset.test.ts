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
