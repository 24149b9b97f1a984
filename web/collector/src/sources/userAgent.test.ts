import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserAgentData } from "../env";
import { fakeBrowser } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { userAgent } from "./userAgent";

const HINTS: UserAgentData = { brands: [], mobile: true, platform: "Android" };

test("the user agent has the golden sample's members", async () => {
  assertLikeGolden("userAgent", await userAgent(fakeBrowser().env));
});

test("only the platform's version is asked for beyond what every request says", async () => {
  const asked: string[][] = [];
  const getHighEntropyValues = (hints: string[]): Promise<object> => (
    asked.push(hints),
    Promise.resolve({})
  );
  await userAgent({
    navigator: { userAgent: "UA", userAgentData: { ...HINTS, getHighEntropyValues } },
  });
  assert.deepEqual(asked, [["platformVersion"]]);
});

test("a browser without client hints has its user agent string", async () => {
  assert.deepEqual(await userAgent({ navigator: { userAgent: "UA" } }), { value: { ua: "UA" } });
});

test("hints that are refused, absent or empty are left out and the rest stands", async () => {
  const refusing = (): Promise<never> => Promise.reject(new DOMException("no", "NotAllowedError"));
  const cases: [UserAgentData, object][] = [
    [{ ...HINTS, getHighEntropyValues: refusing }, HINTS],
    [{ ...HINTS, getHighEntropyValues: () => Promise.resolve({ platformVersion: "" }) }, HINTS],
    [HINTS, HINTS],
    [{}, {}],
    [{ platform: "" }, {}],
  ];
  for (const [userAgentData, rest] of cases) {
    const got = await userAgent({ navigator: { userAgent: "UA", userAgentData } });
    assert.deepEqual(got, { value: { ua: "UA", ...rest } });
  }
});

test("brands carry their name and version and nothing else", async () => {
  const brands = [
    { brand: "Chromium", version: "156", extra: 1 },
    { brand: "", version: "9" },
  ];
  const got = await userAgent({ navigator: { userAgent: "UA", userAgentData: { brands } } });
  assert.deepEqual(got, { value: { ua: "UA", brands: [{ brand: "Chromium", version: "156" }] } });
});

test("a browser without a user agent string is without the signal", async () => {
  assert.deepEqual(await userAgent({ navigator: { userAgent: "" } }), { missing: "unsupported" });
});
