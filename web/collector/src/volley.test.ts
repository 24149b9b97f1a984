import assert from "node:assert/strict";
import { test } from "node:test";
import { Volleys, type Step } from "./volley";

const HELLO = { t: "hello", v: 1, volleys: 24 };
const STOP: Step = { do: "stop" };

function begun(): Volleys {
  let drawn = 0;
  return new Volleys(() => `m${++drawn}`);
}

/** The last step after *frames*, a frame a millisecond; pongs are sent at once. */
function heard(volleys: Volleys, ...frames: unknown[]): Step | undefined {
  let step: Step | undefined;
  frames.forEach((frame, index) => {
    step = volleys.hear(typeof frame === "string" ? frame : JSON.stringify(frame), index);
    if (step.do === "send") volleys.sent(index);
  });
  return step;
}

test("a greeting is waited after", () => {
  assert.deepEqual(heard(begun(), HELLO), { do: "wait" });
});

test("a ping is answered with its nonce and a new one of the page", () => {
  const volleys = begun();
  const pong = (n: string, m: string): Step => ({
    do: "send",
    frame: JSON.stringify({ t: "pong", n, m }),
  });
  assert.deepEqual(heard(volleys, HELLO, { t: "ping", n: "a" }), pong("a", "m1"));
  assert.deepEqual(heard(volleys, { t: "ping", n: "b", m: "m1" }), pong("b", "m2"));
});

test("a round trip is from the pong sent to the ping that echoes it", () => {
  const volleys = begun();
  volleys.hear(JSON.stringify(HELLO), 0);
  volleys.hear('{"t":"ping","n":"a"}', 100);
  volleys.sent(101);
  volleys.hear('{"t":"ping","n":"b","m":"m1"}', 131);
  volleys.sent(135);
  volleys.hear('{"t":"ping","n":"c","m":"m2"}', 155);
  assert.deepEqual(volleys.rttMs, [30, 20]);
});

test("the end brings the receipt", () => {
  const receipt = "v4.local.abc_-123.foot";
  assert.deepEqual(heard(begun(), HELLO, { t: "done", receipt }), { do: "stop", receipt });
});

test("wrong frames and wrong orders stop without a receipt", () => {
  const ping = { t: "ping", n: "a" };
  const cases: unknown[][] = [
    ["no json"],
    ["null"],
    ["[]"],
    ["1"],
    [{}],
    [ping],
    [{ t: "done", receipt: "v4.local.x" }],
    [{ ...HELLO, v: 2 }],
    [HELLO, HELLO],
    [HELLO, { t: "other" }],
    [HELLO, { t: "ping" }],
    [HELLO, { t: "ping", n: 1 }],
    [HELLO, { ...ping, m: "m1" }],
    [HELLO, ping, ping],
    [HELLO, ping, { ...ping, m: "m2" }],
    [HELLO, { t: "done" }],
    [HELLO, { t: "done", receipt: "v4.public.x" }],
    [HELLO, { t: "done", receipt: "v4.local.x y" }],
  ];
  for (const frames of cases)
    assert.deepEqual(heard(begun(), ...frames), STOP, JSON.stringify(frames));
});

test("a binary frame is wrong", () => {
  assert.deepEqual(begun().hear(new ArrayBuffer(8), 0), STOP);
});

test("an edge that never ends is heard for 64 volleys", () => {
  const volleys = begun();
  heard(volleys, HELLO, { t: "ping", n: "n" });
  for (let volley = 1; volley < 64; volley++) {
    assert.equal(heard(volleys, { t: "ping", n: "n", m: `m${volley}` })?.do, "send");
  }
  assert.deepEqual(heard(volleys, { t: "ping", n: "n", m: "m64" }), STOP);
  assert.equal(volleys.rttMs.length, 63);
});
