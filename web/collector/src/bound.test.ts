import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { VirtualTime } from "../test/virtualTime";
import { bounded, OVERTIME } from "./bound";

const NEVER = new Promise<never>(() => undefined);

/** Runs under a bound of 100 ms and asserts that nothing is left behind. */
async function within<T>(work: Promise<T>, abortMs = Infinity): Promise<unknown> {
  const time = new VirtualTime();
  const control = new AbortController();
  if (abortMs < Infinity) time.setTimeout(() => control.abort(), abortMs);
  try {
    return await time.run(bounded(time, 100, control.signal, work));
  } finally {
    assert.equal(time.left, 0);
    assert.deepEqual(getEventListeners(control.signal, "abort"), []);
  }
}

test("work that ends in time gives its result or its error", async () => {
  assert.equal(await within(Promise.resolve(1)), 1);
  await assert.rejects(within(Promise.reject(new RangeError("own"))), RangeError);
});

test("work that does not end is overtime", async () => {
  assert.equal(await within(NEVER), OVERTIME);
});

test("an abort rejects at once", async () => {
  await assert.rejects(within(NEVER, 50), { name: "AbortError" });
});

test("an abort that was before is an abort too", async () => {
  const time = new VirtualTime();
  await assert.rejects(bounded(time, 100, AbortSignal.abort(), NEVER), { name: "AbortError" });
  assert.equal(time.left, 0);
});

test("an error that comes after the bound troubles nobody", async () => {
  const time = new VirtualTime();
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<never>((_, reject) => (fail = reject));
  assert.equal(await time.run(bounded(time, 1, undefined, work)), OVERTIME);
  fail(new Error("too late"));
});

test("what is ready at once is no overtime, even without any time", async () => {
  const time = new VirtualTime();
  assert.equal(await time.run(bounded(time, -1, undefined, Promise.resolve(1))), 1);
});
