import assert from "node:assert/strict";
import { test } from "node:test";
import { onLeaving } from "./leaving";

const LEFT = "pagehide";

test("what is to be done when the page is left is done once", () => {
  const page = new EventTarget();
  let done = 0;
  onLeaving(page, () => (done += 1));
  page.dispatchEvent(new Event(LEFT));
  page.dispatchEvent(new Event(LEFT)); // the page came back and is left again
  assert.equal(done, 1);
});

test("what the browser cut short is done by the second listener", () => {
  const listeners: (() => void)[] = [];
  const page = {
    addEventListener: (_: string, listener: () => void) => void listeners.push(listener),
    removeEventListener: () => undefined,
  };
  let begun = 0;
  onLeaving(page, () => {
    if (++begun === 1) throw new Error("the process is to end");
  });
  const [first, second] = listeners;
  assert.throws(() => first?.());
  second?.();
  second?.();
  assert.equal(begun, 2);
});

test("nothing is done after the end of the wait", () => {
  const page = new EventTarget();
  const forget = onLeaving(page, () => assert.fail("left"));
  forget();
  page.dispatchEvent(new Event(LEFT));
});
