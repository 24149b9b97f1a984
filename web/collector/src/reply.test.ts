import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetError } from "./error";
import { understood } from "./reply";

const NOW = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
const PROBLEM = { code: "overloaded", title: "Overloaded", status: 503, detail: "try later" };

function failed(status: number, body: unknown, retryAfter: string | null = null): OctetError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const got = understood({ status, body: text, retryAfter }, NOW);
  assert.ok(got instanceof OctetError);
  return got;
}

test("an accepted report is ok, with a verdict only where the edge shows one", () => {
  const verdict = { confidence: 0.9, alarm: "none" };
  const answered = (body: object): unknown =>
    understood({ status: 200, body: JSON.stringify(body), retryAfter: null }, NOW);
  assert.deepEqual(answered({ ok: true }), { ok: true });
  assert.deepEqual(answered({ ok: true, verdict }), { ok: true, verdict });
  assert.deepEqual(answered({ ok: true, more: 1 }), { ok: true });
});

test("a problem is its code, its status and its detail", () => {
  const { code, status, message, retryAfterMs } = failed(503, PROBLEM, "2");
  const expected = { code: "overloaded", status: 503, message: "try later", retryAfterMs: 2000 };
  assert.deepEqual({ code, status, message, retryAfterMs }, expected);
});

test("without a detail the title is the message", () => {
  assert.equal(failed(400, { code: "malformed", title: "Malformed" }).message, "Malformed");
  assert.equal(failed(400, { code: "malformed" }).message, "malformed");
});

test("Retry-After is seconds or a date, and nonsense is none", () => {
  const cases: [string | null, number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    ["Wed, 21 Oct 2026 07:28:05 GMT", 5000],
    ["Wed, 21 Oct 2020 07:28:00 GMT", 0],
    ["soon", undefined],
    [null, undefined],
  ];
  for (const [header, expected] of cases)
    assert.equal(failed(503, PROBLEM, header).retryAfterMs, expected);
});

test("a reply that no edge gives is told as such, with its status", () => {
  const cases: [number, unknown][] = [
    [200, "<html>log in to the hotel's network</html>"],
    [200, { ok: false }],
    [200, "null"],
    [204, ""],
    [502, "<html>Bad Gateway</html>"],
    [404, { message: "no route" }],
    [500, "[]"],
  ];
  for (const [status, body] of cases) {
    const { code, status: told } = failed(status, body);
    assert.deepEqual({ code, told }, { code: "reply_invalid", told: status });
  }
});
