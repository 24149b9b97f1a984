import assert from "node:assert/strict";
import { test } from "node:test";
import type { Env, WebglLike } from "../env";
import { fakeBrowser, fakeWebgl } from "../../test/fakeBrowser";
import { assertLikeGolden } from "../../test/golden";
import { webgl } from "./webgl";

function drawnBy(context: WebglLike | null): Pick<Env, "document" | "WebGLRenderingContext"> {
  return {
    WebGLRenderingContext: class {},
    document: { createElement: () => ({ getContext: () => context }) },
  };
}

test("the graphics stack has the golden sample's members", () => {
  assertLikeGolden("webgl", webgl(fakeBrowser().env));
});

test("a browser that masks the renderer is asked by the extension", () => {
  const got = webgl(drawnBy(fakeWebgl()));
  assert.ok("value" in got && got.value.vendor === "Google Inc. (Intel)");
});

test("a browser that names the renderer is never asked by the extension, which would warn in the console", () => {
  const asked: string[] = [];
  const context = fakeWebgl({
    getParameter: (name) => (name === 2 ? "Intel(R) HD Graphics" : "Intel"),
    getExtension: (name) => (asked.push(name), null),
  });
  assert.deepEqual(webgl(drawnBy(context)), {
    value: { vendor: "Intel", renderer: "Intel(R) HD Graphics" },
  });
  assert.deepEqual(asked, ["WEBGL_lose_context"]);
});

test("a mask without the extension is what there is", () => {
  const got = webgl(drawnBy(fakeWebgl({ getExtension: () => null })));
  assert.deepEqual(got, { value: { vendor: "WebKit", renderer: "WebKit WebGL" } });
});

test("no WebGL is unsupported; no context and no names are blocked", () => {
  assert.deepEqual(webgl({}), { missing: "unsupported" });
  assert.deepEqual(webgl(drawnBy(null)), { missing: "blocked" });
  assert.deepEqual(webgl(drawnBy(fakeWebgl({ getParameter: () => null }))), { missing: "blocked" });
});

test("the context is given back even when naming it fails", () => {
  let lost = 0;
  const extension = { loseContext: () => void lost++ };
  const getParameter = (): never => assert.fail("lost already");
  const env = drawnBy(fakeWebgl({ getParameter, getExtension: () => extension }));
  assert.throws(() => webgl(env));
  assert.equal(lost, 1);
});
