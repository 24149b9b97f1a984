import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { languages } from "./languages";

test("the languages have the golden sample's members", () => {
  assertLikeGolden("languages", languages(fakeBrowser().env));
});

test("the list is passed on in its order", () => {
  const list = ["gsw-CH", "de", "en"];
  assert.deepEqual(languages({ navigator: { languages: list } }), { value: { list } });
});

test("an absent or empty list is missing", () => {
  for (const navigator of [{}, { languages: [] }, { languages: [""] }]) {
    assert.deepEqual(languages({ navigator }), { missing: "unsupported" });
  }
});
