import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { clock } from "./clock";

class Before1970 extends Date {
  static override now(): number {
    return -1;
  }
}

test("the clock has the golden sample's members", () => {
  assertLikeGolden("clock", clock(fakeBrowser().env));
});

test("the clock is the browser's, in milliseconds", () => {
  assert.deepEqual(clock(fakeBrowser().env), { value: { epochMs: Date.UTC(2026, 1, 1) } });
});

test("a clock before 1970 is an error", () => {
  assert.deepEqual(clock({ Date: Before1970 }), { missing: "error" });
});
