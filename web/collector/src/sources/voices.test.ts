import assert from "node:assert/strict";
import { test } from "node:test";
import type { VoiceLike } from "../env";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { voices } from "./voices";

function speaking(...list: VoiceLike[]): Parameters<typeof voices>[0] {
  return { speechSynthesis: { getVoices: () => list } };
}

test("the voices have the golden sample's members", () => {
  assertLikeGolden("voices", voices(fakeBrowser().env));
});

test("each language of local voices is told once, with hyphens", () => {
  const env = speaking(
    { lang: "de_DE", localService: true },
    { lang: "de-DE", localService: true },
    { lang: "en-US", localService: false },
    { lang: "", localService: true },
    { lang: "tr-TR", localService: true },
  );
  assert.deepEqual(voices(env), { value: { langs: ["de-DE", "tr-TR"] } });
});

test("only remote voices are an empty list, which is a fact", () => {
  assert.deepEqual(voices(speaking({ lang: "en-US", localService: false })), {
    value: { langs: [] },
  });
});

test("a list that is not ready at once is late, no list unsupported", () => {
  assert.deepEqual(voices(speaking()), { missing: "timeout" });
  assert.deepEqual(voices({}), { missing: "unsupported" });
});
