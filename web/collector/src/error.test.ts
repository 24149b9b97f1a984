import assert from "node:assert/strict";
import { test } from "node:test";
import { abortError } from "./abort";
import { OctetError } from "./error";

test("an error has the members that are known and no others", () => {
  const error = new OctetError("rate_limited", "slow down", { status: 429, retryAfterMs: 2000 });
  assert.ok(error instanceof Error);
  assert.deepEqual(
    [error.name, error.code, error.message, error.status, error.retryAfterMs],
    ["OctetError", "rate_limited", "slow down", 429, 2000],
  );
  const local = new OctetError("timeout", "late");
  assert.ok(!("status" in local) && !("retryAfterMs" in local));
});

test("an abort is told as every browser tells it", () => {
  assert.ok(abortError() instanceof DOMException);
  assert.equal(abortError().name, "AbortError");
});
