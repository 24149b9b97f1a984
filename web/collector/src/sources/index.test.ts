import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { goldenNames } from "../../test/golden";
import { SOURCES } from ".";

const NAMES = SOURCES.map(({ name }) => name);

test("the sources are the golden samples, by name", () => {
  assert.deepEqual([...NAMES].sort(), goldenNames());
});

test("each source has a file of its name with its test beside it", () => {
  const files = readdirSync("src/sources").filter((file) => !file.startsWith("index."));
  const expected = NAMES.flatMap((name) => [`${name}.ts`, `${name}.test.ts`]);
  assert.deepEqual(files.sort(), expected.sort());
});

test("each source is its name's function", () => {
  assert.deepEqual(
    SOURCES.map(({ read }) => read.name),
    NAMES,
  );
});

test("latency comes after everything that may keep the page busy, and the clock last", () => {
  assert.deepEqual(NAMES.slice(-2), ["latency", "clock"]);
});

test("lite leaves out rendering and passive leaves out active measurement", () => {
  const skipped = (mode: "full" | "lite" | "passive"): string[] =>
    SOURCES.filter(({ skippedIn }) => skippedIn?.includes(mode)).map(({ name }) => name);
  assert.deepEqual(
    [skipped("full"), skipped("lite"), skipped("passive")],
    [[], ["webgl"], ["latency"]],
  );
});
