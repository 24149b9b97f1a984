import type { Env, UserAgentData } from "../env";
import { complete, known, text, type Known } from "../fact";
import { reading, type Reading } from "../reading";

export interface UserAgent {
  readonly ua: string;
  readonly brands?: readonly Brand[];
  readonly mobile?: boolean;
  readonly platform?: string;
  readonly platformVersion?: string;
}

export interface Brand {
  readonly brand: string;
  readonly version: string;
}

/** The user agent string, and the client hints of browsers that have them. */
export async function userAgent(env: Pick<Env, "navigator">): Promise<Reading<UserAgent>> {
  const { userAgent: ua, userAgentData: hints } = env.navigator;
  const required = complete({ ua: text(ua) });
  return reading(required && { ...required, ...(hints ? await hinted(hints) : {}) });
}

async function hinted(hints: UserAgentData): Promise<Known<Omit<UserAgent, "ua">>> {
  const { brands, mobile } = hints;
  return known({
    brands: Array.isArray(brands)
      ? brands.map(plain).filter((brand) => brand !== undefined)
      : undefined,
    mobile: typeof mobile === "boolean" ? mobile : undefined,
    platform: text(hints.platform),
    platformVersion: await platformVersion(hints),
  });
}

function plain({ brand, version }: Brand): Brand | undefined {
  return complete({ brand: text(brand), version: text(version) });
}

/** Chromium rejects with NotAllowedError where a policy of the page forbids the hint; the rest stands. */
async function platformVersion(hints: UserAgentData): Promise<string | undefined> {
  try {
    return text((await hints.getHighEntropyValues?.(["platformVersion"]))?.platformVersion);
  } catch {
    return undefined;
  }
}
