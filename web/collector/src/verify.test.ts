import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeBrowser, type FakeBrowser } from "../test/fakeBrowser";
import { ACCEPTED, behaved, refused, silent, type Scripted } from "../test/fakeEdge";
import type { Config } from "./config";
import type { Env } from "./env";
import type { Report } from "./report";
import type { Answer } from "./verdict";
import { verifyIn } from "./verify";

const API = { apiUrl: "https://shop.example/octet" };

function verified(
  browser: FakeBrowser,
  config: Partial<Config> = {},
  env: Env = browser.env,
): Promise<Answer> {
  return browser.time
    .run(verifyIn(env, { ...API, ...config }))
    .finally(() => browser.edge.assertLeftClean());
}

/** The report that the edge got. */
async function reported(config: Partial<Config> = {}, browser = fakeBrowser()): Promise<Report> {
  await verified(browser, config);
  assert.equal(browser.edge.posts.length, 1);
  return JSON.parse(browser.edge.posts[0]?.request.body ?? "") as Report;
}

function replying(...replies: Scripted[]): FakeBrowser {
  const browser = fakeBrowser();
  browser.edge.replies = replies;
  return browser;
}

test("a visit ends with one accepted report of all signals and the receipt", async () => {
  const got = await reported({ sessionRef: "sess_12345678" });
  assert.deepEqual([got.v, got.mode, got.sessionRef], [1, "full", "sess_12345678"]);
  assert.equal(Object.keys(got.signals).length, 13);
  assert.deepEqual(got.receipts, ["v4.local.sealed"]);
});

test("a verdict is passed on where the edge shows one", async () => {
  const answer: Answer = { ok: true, verdict: { confidence: 0.91, alarm: "none", country: "DE" } };
  assert.deepEqual(await verified(replying({ status: 200, body: answer })), answer);
  assert.deepEqual(await verified(fakeBrowser()), { ok: true });
});

test("lite reads no renderer and asks for 8 volleys", async () => {
  const browser = fakeBrowser();
  const got = await reported({ mode: "lite" }, browser);
  assert.deepEqual(got.signals["webgl"], { missing: "skipped", ms: 0 });
  assert.equal(browser.edge.channels[0]?.asked.get("volleys"), "8");
});

test("passive, by either name, opens no channel and has no receipt", async () => {
  for (const config of [{ mode: "passive" }, { passiveOnly: true }] as const) {
    const browser = fakeBrowser();
    const got = await reported(config, browser);
    assert.deepEqual(
      [got.mode, got.signals["latency"], got.receipts],
      ["passive", { missing: "skipped", ms: 0 }, []],
    );
    assert.deepEqual(browser.edge.channels, []);
  }
});

test("the channels are the wsUrl and the landmarks", async () => {
  const browser = fakeBrowser();
  const got = await reported(
    { wsUrl: "wss://ws.example/a", landmarks: ["https://b.example"] },
    browser,
  );
  const opened = browser.edge.channels.map(({ url }) => url.replace(/\?.*/, ""));
  assert.deepEqual(opened, ["wss://ws.example/a", "wss://b.example/v1/ws"]);
  assert.equal(got.receipts.length, 2);
});

test("a failed channel is not fatal", async () => {
  for (const [script, missing] of [
    [refused, "error"],
    [silent, "timeout"],
  ] as const) {
    const browser = fakeBrowser();
    browser.edge.script = script;
    const { latency } = (await reported({}, browser)).signals;
    assert.ok(latency && "missing" in latency && latency.missing === missing);
  }
});

test("what is not collected within the budget is reported missing, within the budget", async () => {
  const browser = fakeBrowser();
  browser.edge.script = behaved({ rttMs: 5000 });
  const { latency } = (await reported({ timeoutMs: 2000 }, browser)).signals;
  assert.deepEqual(latency, { missing: "timeout", ms: 1500 });
  assert.equal(browser.edge.posts[0]?.atMs, 1000 + 1500);
});

test("a page that is not secure is refused before anything else", async () => {
  const browser = fakeBrowser({ isSecureContext: false });
  await assert.rejects(verified(browser), { name: "OctetError", code: "insecure_context" });
  assert.equal(browser.edge.posts.length + browser.edge.channels.length, 0);
});

test("what is no browser, or one too old, is refused by name of what it lacks", async () => {
  for (const lacking of ["isSecureContext", "fetch", "crypto", "MessageChannel"]) {
    const browser = fakeBrowser();
    const env = { ...browser.env, [lacking]: undefined } as Env;
    const error = { name: "OctetError", code: "unsupported", message: new RegExp(lacking) };
    await assert.rejects(verified(browser, {}, env), error);
    assert.equal(browser.edge.posts.length + browser.edge.channels.length, 0);
  }
});

test("a page that is left posts within that task what there is by then", async () => {
  for (const [afterMs, taken] of [
    [0, 0],
    [200, 11],
  ] as const) {
    const browser = fakeBrowser();
    const sent: number[] = [];
    browser.time.setTimeout(() => {
      browser.page.dispatchEvent(new Event("pagehide"));
      sent.push(browser.edge.posts.length);
    }, afterMs);
    const { signals, receipts } = await reported({}, browser);
    assert.deepEqual([sent, receipts], [[1], []]);
    assert.deepEqual(signals["latency"], { missing: "timeout", ms: 0 });
    const valued = Object.values(signals).filter((signal) => "value" in signal);
    assert.ok(valued.length >= Math.max(taken, 10), `${valued.length}`);
  }
});

/** Listening to the page in which nobody hears of a listener that is cut short. */
function unheard(browser: FakeBrowser): Env["addEventListener"] {
  return (type, listener, phase) => {
    const cut = (): void => {
      try {
        listener();
      } catch {
        // Of a script that is aborted nobody hears.
      }
    };
    browser.page.addEventListener(type, cut, phase);
  };
}

test("a listener that is cut short after its post lets the second post the same report", async () => {
  const browser = fakeBrowser();
  const { abort } = AbortController.prototype;
  browser.time.setTimeout(() => {
    AbortController.prototype.abort = () => {
      AbortController.prototype.abort = abort;
      throw new Error("the process is to end");
    };
    browser.page.dispatchEvent(new Event("pagehide"));
    assert.equal(AbortController.prototype.abort, abort);
  }, 200);
  const env = { ...browser.env, addEventListener: unheard(browser) };
  assert.deepEqual(await verified(browser, {}, env), { ok: true });
  const [first, second, ...more] = browser.edge.posts.map(({ request }) => request.body);
  assert.ok(first);
  assert.equal(second, first);
  assert.deepEqual(more, []);
});

test("a page whose first listener the browser cuts short posts by the second", async () => {
  const browser = fakeBrowser();
  const { performance } = browser.env;
  let left = false;
  const now = (): number => {
    if (left) {
      left = false;
      throw new Error("the process is to end");
    }
    return performance.now();
  };
  const addEventListener = unheard(browser);
  const env = { ...browser.env, performance: { ...performance, now }, addEventListener };
  browser.time.setTimeout(() => {
    left = true;
    browser.page.dispatchEvent(new Event("pagehide"));
    assert.equal(browser.edge.posts.length, 1);
  }, 200);
  assert.deepEqual(await verified(browser, {}, env), { ok: true });
  assert.equal(left, false);
  assert.equal(browser.edge.posts.length, 1);
});

test("nothing listens to the page after the call", async () => {
  const left: unknown[][] = [];
  const env: Partial<Env> = {
    addEventListener: (...listening) => void left.push(listening),
    removeEventListener: (...listening) => {
      const at = left.findIndex((one) => one.every((part, place) => part === listening[place]));
      assert.notEqual(at, -1);
      left.splice(at, 1);
    },
  };
  await verified(fakeBrowser(env));
  await assert.rejects(verified(fakeBrowser(env), { signal: AbortSignal.abort() }));
  assert.equal(left.length, 0);
});

test("options that make no sense reject, they do not throw", async () => {
  const browser = fakeBrowser();
  const signal = {} as AbortSignal;
  for (const config of [{ apiUrl: "" }, { timeoutMs: -1 }, { signal }]) {
    await assert.rejects(verified(browser, config), { name: "OctetError", code: "config_invalid" });
  }
  await assert.rejects(verifyIn(browser.env, undefined as unknown as Config), {
    code: "config_invalid",
  });
});

test("an abort rejects with AbortError at any time and leaves nothing open", async () => {
  for (const abortMs of [0, 30, 100, 400, 700]) {
    const browser = replying("silent");
    const control = new AbortController();
    browser.time.setTimeout(() => control.abort(new Error("own reason")), abortMs);
    const work = verified(browser, { signal: control.signal });
    await assert.rejects(work, { name: "AbortError" }, `after ${abortMs} ms`);
  }
});

test("a signal that was aborted before rejects before anything is read", async () => {
  const browser = fakeBrowser();
  await assert.rejects(verified(browser, { signal: AbortSignal.abort() }), { name: "AbortError" });
  assert.equal(browser.edge.posts.length + browser.edge.channels.length, 0);
});

test("a problem of the edge rejects with its code, status and delay", async () => {
  const body = { code: "rate_limited", title: "Too many", status: 429, detail: "slow down" };
  const work = verified(replying({ status: 429, body, retryAfter: "3" }));
  await assert.rejects(work, {
    name: "OctetError",
    code: "rate_limited",
    status: 429,
    retryAfterMs: 3000,
  });
});

test("an edge that cannot be reached and one that never answers reject within the budget", async () => {
  const lost = verified(replying("lost", "lost", "lost", "lost"));
  await assert.rejects(lost, { name: "OctetError", code: "network_error" });
  const browser = replying("silent");
  await assert.rejects(verified(browser), { name: "OctetError", code: "timeout" });
  assert.equal(browser.time.nowMs, 1000 + 5000);
});

test("a report that is tried again has the same id", async () => {
  const browser = replying("lost", ACCEPTED);
  await verified(browser);
  const ids = browser.edge.posts.map(({ request }) => (JSON.parse(request.body) as Report).id);
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 1);
});
