import type { Env } from "../env";
import { amount, count, known, text } from "../fact";
import { anyOf, type Reading } from "../reading";

export interface Hardware {
  readonly platform?: string;
  readonly cores?: number;
  readonly memoryGb?: number;
  readonly touchPoints?: number;
}

/** Firefox and Safari have no `deviceMemory`: https://caniuse.com/mdn-api_navigator_devicememory */
export function hardware(env: Pick<Env, "navigator">): Reading<Hardware> {
  const { platform, hardwareConcurrency, deviceMemory, maxTouchPoints } = env.navigator;
  return anyOf(
    known({
      platform: text(platform),
      cores: count(hardwareConcurrency),
      memoryGb: amount(deviceMemory),
      touchPoints: count(maxTouchPoints),
    }),
  );
}
