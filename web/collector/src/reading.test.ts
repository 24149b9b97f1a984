import assert from "node:assert/strict";
import { test } from "node:test";
import { anyOf, reading } from "./reading";

test("a reading is a value or the reason why there is none", () => {
  assert.deepEqual(reading(0), { value: 0 });
  assert.deepEqual(reading(undefined), { missing: "unsupported" });
  assert.deepEqual(reading(undefined, "blocked"), { missing: "blocked" });
});

test("one known member is enough for a value of optional members", () => {
  assert.deepEqual(anyOf({ a: 0 }), { value: { a: 0 } });
  assert.deepEqual(anyOf({}), { missing: "unsupported" });
});
