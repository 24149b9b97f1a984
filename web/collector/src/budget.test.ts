import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualTime } from "../test/virtualTime";
import { Budget } from "./budget";

function begun(timeoutMs: number): { time: VirtualTime; budget: Budget } {
  const time = new VirtualTime();
  return { time, budget: new Budget(timeoutMs, time.performance.now) };
}

test("three quarters are for collecting and the rest is for the post", () => {
  const { time, budget } = begun(5000);
  assert.equal(budget.collectMs(), 3750);
  time.nowMs += 3750;
  assert.deepEqual([budget.collectMs(), budget.postMs()], [0, 1250]);
});

test("what collecting leaves over is the post's", () => {
  const { time, budget } = begun(5000);
  time.nowMs += 50;
  assert.equal(budget.postMs(), 4950);
});

test("what is spent is spent", () => {
  const { time, budget } = begun(100);
  time.nowMs += 10_000;
  assert.deepEqual([budget.collectMs(), budget.postMs()], [0, 0]);
});

test("the share of a channel follows from what is left and how many are to come", () => {
  const cases: [timeoutMs: number, channels: number, budgetMs: number, limitMs: number][] = [
    [5000, 1, 1500, 3750],
    [5000, 2, 750, 1875],
    [5000, 3, 500, 1875],
    [1000, 8, 100, 375],
    [60_000, 1, 5000, 45_000],
  ];
  for (const [timeoutMs, channels, budgetMs, limitMs] of cases) {
    assert.deepEqual(begun(timeoutMs).budget.share(channels), { budgetMs, limitMs });
  }
});

test("less time than an edge can measure in is no share", () => {
  const { time, budget } = begun(5000);
  time.nowMs += 3700;
  assert.equal(budget.share(1), undefined);
});
