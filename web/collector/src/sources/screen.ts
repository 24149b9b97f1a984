import type { Env } from "../env";
import { amount, complete, count } from "../fact";
import { reading, type Reading } from "../reading";

/** CSS pixels. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly availWidth: number;
  readonly availHeight: number;
  /** Bits a pixel. */
  readonly colorDepth: number;
  /** Device pixels a CSS pixel. */
  readonly pixelRatio: number;
}

export function screen(env: Pick<Env, "screen" | "devicePixelRatio">): Reading<Screen> {
  const shown = env.screen ?? {};
  return reading(
    complete({
      width: amount(shown.width),
      height: amount(shown.height),
      availWidth: amount(shown.availWidth),
      availHeight: amount(shown.availHeight),
      colorDepth: count(shown.colorDepth),
      pixelRatio: amount(env.devicePixelRatio),
    }),
  );
}
