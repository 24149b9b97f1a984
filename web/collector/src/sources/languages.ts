import type { Env } from "../env";
import { texts } from "../fact";
import { reading, type Reading } from "../reading";

export interface Languages {
  /** BCP 47 tags, the most wanted first. */
  readonly list: readonly string[];
}

export function languages(env: Pick<Env, "navigator">): Reading<Languages> {
  const list = texts(env.navigator.languages);
  return reading(list.length > 0 ? { list } : undefined);
}
