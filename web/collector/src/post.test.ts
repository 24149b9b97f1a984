import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, type FakeBrowser } from "../test/fakeBrowser";
import { ACCEPTED, type Scripted } from "../test/fakeEdge";
import { post } from "./post";
import type { Answer } from "./verdict";

const URL = "https://shop.example/octet/v1/signals";
const BODY = '{"v":1,"id":"one"}';

function posted(
  browser: FakeBrowser,
  replies: Scripted[],
  limitMs = 5000,
  signal?: AbortSignal,
): Promise<Answer> {
  browser.edge.replies = replies;
  return browser.time
    .run(post(browser.env, URL, BODY, limitMs, signal));
}

function problem(status: number, code: string, retryAfter?: string): Scripted {
  return {
    status,
    body: { code, title: code, status },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

function times({ edge }: FakeBrowser): number[] {
  return edge.posts.map(({ atMs }) => atMs - 1000);
}

test("a report goes out without credentials, as JSON, to the edge and nowhere else", async () => {
  const browser = fakeBrowser();
  assert.deepEqual(await posted(browser, [ACCEPTED]), { ok: true });
  const [sent] = browser.edge.posts;
  const { signal: _, ...request } = sent?.request ?? { signal: undefined };
  assert.equal(sent?.url, URL);
  assert.deepEqual(request, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: BODY,
    credentials: "omit",
    redirect: "error",
    cache: "no-store",
    keepalive: true,
  });
});

test("what passes is tried again with the same body", async () => {
  for (const first of [
    "lost",
    problem(503, "overloaded"),
    problem(504, "upstream_timeout"),
  ] as Scripted[]) {
    const browser = fakeBrowser();
    assert.deepEqual(await posted(browser, [first, ACCEPTED]), { ok: true });
    assert.deepEqual(
      browser.edge.posts.map(({ request }) => request.body),
      [BODY, BODY],
    );
  }
});

test("the edge's Retry-After is kept, and is no reason to hurry", async () => {
  const browser = fakeBrowser();
  await posted(browser, [
    problem(503, "overloaded", "2"),
    problem(503, "overloaded", "0"),
    ACCEPTED,
  ]);
  assert.deepEqual(times(browser), [0, 2000, 2250]);
});

test("without Retry-After the pauses grow, and the fourth attempt is the last", async () => {
  const browser = fakeBrowser();
  const replies: Scripted[] = ["lost", "lost", "lost", "lost", ACCEPTED];
  await assert.rejects(posted(browser, replies), { name: "OctetError", code: "network_error" });
  assert.deepEqual(times(browser), [0, 250, 750, 1750]);
});

test("a pause that does not fit is the caller's", async () => {
  const browser = fakeBrowser();
  const work = posted(browser, [problem(503, "overloaded", "5"), ACCEPTED]);
  await assert.rejects(work, { code: "overloaded", status: 503, retryAfterMs: 5000 });
  assert.deepEqual(times(browser), [0]);
});

test("a refusal that stays is not tried again", async () => {
  const cases: [number, string][] = [
    [400, "malformed"],
    [403, "origin_not_allowed"],
    [413, "too_large"],
    [429, "rate_limited"],
    [502, "upstream_rejected"],
  ];
  for (const [status, code] of cases) {
    const browser = fakeBrowser();
    const work = posted(browser, [problem(status, code, "1"), ACCEPTED]);
    await assert.rejects(work, { name: "OctetError", code, status, retryAfterMs: 1000 });
    assert.equal(browser.edge.posts.length, 1);
  }
});

test("an edge that does not answer is given up when the time is over, and the report left to arrive", async () => {
  const browser = fakeBrowser();
  await assert.rejects(posted(browser, ["lost", "silent"], 1000), {
    name: "OctetError",
    code: "timeout",
  });
  assert.equal(browser.time.nowMs, 2000);
  assert.equal(browser.edge.posts[1]?.request.signal?.aborted, false);
});

test("an abort ends the request and the pause before the next", async () => {
  for (const [first, abortMs] of [
    ["silent", 10],
    ["lost", 100],
  ] as const) {
    const browser = fakeBrowser();
    const control = new AbortController();
    browser.time.setTimeout(() => control.abort(), abortMs);
    const work = posted(browser, [first, ACCEPTED], 5000, control.signal);
    await assert.rejects(work, { name: "AbortError" });
    assert.equal(browser.edge.posts[0]?.request.signal?.aborted, first === "silent");
    assert.equal(browser.edge.posts.length, 1);
  }
});

test("a page that is left in a pause posts at once, and goes on if it comes back", async () => {
  const browser = fakeBrowser();
  browser.time.setTimeout(() => browser.page.dispatchEvent(new Event("pagehide")), 100);
  await posted(browser, [problem(503, "overloaded", "2"), "lost", ACCEPTED]);
  assert.deepEqual(times(browser), [0, 100, 2000]);
  browser.page.dispatchEvent(new Event("pagehide"));
  assert.equal(browser.edge.posts.length, 3);
});
