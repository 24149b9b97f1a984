import type { Env, WebglLike } from "../env";
import { complete, text } from "../fact";
import { reading, type Reading } from "../reading";

export interface Webgl {
  readonly vendor: string;
  readonly renderer: string;
}

/** What Chromium and Safari say in place of the renderer. */
const MASK = "WebKit WebGL";

/** The graphics stack by name; nothing is drawn and nothing read back. */
export function webgl(env: Pick<Env, "document" | "WebGLRenderingContext">): Reading<Webgl> {
  if (!env.WebGLRenderingContext || !env.document) return { missing: "unsupported" };
  const context = env.document.createElement("canvas").getContext("webgl");
  if (!context) return { missing: "blocked" };
  try {
    return reading(named(context), "blocked");
  } finally {
    released(context);
  }
}

/**
 * Firefox names the renderer itself since 92 and warns in the page's console when asked by the
 * extension: https://bugzilla.mozilla.org/show_bug.cgi?id=1722782
 */
function named(context: WebglLike): Webgl | undefined {
  const masked = context.getParameter(context.RENDERER) === MASK;
  const extension = masked ? context.getExtension("WEBGL_debug_renderer_info") : undefined;
  const unmasked = extension as {
    UNMASKED_VENDOR_WEBGL: number;
    UNMASKED_RENDERER_WEBGL: number;
  } | null;
  return complete({
    vendor: text(context.getParameter(unmasked?.UNMASKED_VENDOR_WEBGL ?? context.VENDOR)),
    renderer: text(context.getParameter(unmasked?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER)),
  });
}

/**
 * Browsers keep few contexts (Chromium 16) and drop the page's oldest for one more, until garbage is
 * collected: give ours back at once.
 */
function released(context: WebglLike): void {
  const extension = context.getExtension("WEBGL_lose_context") as { loseContext(): void } | null;
  extension?.loseContext();
}
