import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { screen } from "./screen";

const SCREEN = { width: 412, height: 915, availWidth: 412, availHeight: 915, colorDepth: 24 };

test("the screen has the golden sample's members", () => {
  assertLikeGolden("screen", screen(fakeBrowser().env));
});

test("the screen is passed on with the pixel ratio", () => {
  const got = screen({ screen: SCREEN, devicePixelRatio: 2.625 });
  assert.deepEqual(got, { value: { ...SCREEN, pixelRatio: 2.625 } });
});

test("a screen that is not told whole is missing", () => {
  const { width: _, ...narrow } = SCREEN;
  for (const env of [
    {},
    { devicePixelRatio: 1 },
    { screen: SCREEN },
    { screen: narrow, devicePixelRatio: 1 },
  ]) {
    assert.deepEqual(screen(env), { missing: "unsupported" });
  }
});
