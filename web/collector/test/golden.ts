import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Reading } from "../src/reading";

/** The samples that the schema and the engine are tested with too; tests run in the package's folder. */
const FOLDER = path.resolve("../../tests/data/signals");

export function goldenNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json"))
    .map((file) => path.basename(file, ".json"))
    .sort();
}

/** Fails unless *got* is a value with the member names and types of the golden sample *name*, at every depth. */
export function assertLikeGolden(name: string, got: Reading): void {
  assert.ok("value" in got, `${name} is missing`);
  const text = readFileSync(path.join(FOLDER, `${name}.json`), "utf8");
  const sample = JSON.parse(text) as { value: unknown };
  assert.deepEqual(shape(JSON.parse(JSON.stringify(got.value))), shape(sample.value));
}

/** Member names and types; a list is like its first item. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
}
