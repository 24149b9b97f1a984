import type { Env } from "../env";
import { text } from "../fact";
import { reading, type Reading } from "../reading";

export interface Voices {
  /** BCP 47 tags, each once. */
  readonly langs: readonly string[];
}

/**
 * Languages of the voices installed on the machine. Chromium gives an empty list until its voices are
 * loaded, at the earliest at the second call; they are not waited for.
 */
export function voices(env: Pick<Env, "speechSynthesis">): Reading<Voices> {
  if (!env.speechSynthesis) return { missing: "unsupported" };
  const all = Array.from(env.speechSynthesis.getVoices());
  const langs = all.filter((voice) => voice.localService).map((voice) => tag(voice.lang));
  const distinct = [...new Set(langs.filter((lang) => lang !== undefined))];
  return reading(all.length > 0 ? { langs: distinct } : undefined, "timeout");
}

/** Chromium on Android writes `en_US`. */
function tag(lang: unknown): string | undefined {
  return text(lang)?.replace(/_/g, "-");
}
