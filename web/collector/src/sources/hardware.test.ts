import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { hardware } from "./hardware";

test("the hardware has the golden sample's members", () => {
  assertLikeGolden("hardware", hardware(fakeBrowser().env));
});

test("no touch points are a fact", () => {
  assert.deepEqual(hardware({ navigator: { maxTouchPoints: 0 } }), { value: { touchPoints: 0 } });
});

test("what a browser does not tell is left out", () => {
  const navigator = { platform: "iPhone", hardwareConcurrency: 4, maxTouchPoints: 5 };
  const expected = { platform: "iPhone", cores: 4, touchPoints: 5 };
  assert.deepEqual(hardware({ navigator }), { value: expected });
});

test("values of a wrong kind are left out", () => {
  const navigator = {
    platform: "",
    hardwareConcurrency: -1,
    deviceMemory: NaN,
    maxTouchPoints: 0.5,
  };
  assert.deepEqual(hardware({ navigator }), { missing: "unsupported" });
});

test("numbers written as strings are numbers", () => {
  const navigator = { hardwareConcurrency: "8" as unknown as number };
  assert.deepEqual(hardware({ navigator }), { value: { cores: 8 } });
});
