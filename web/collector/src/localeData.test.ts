import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCALE_DATA } from "./localeData";

test("each step asks for a locale, where the browser has such", () => {
  const asked: string[] = [];
  class Locale {
    constructor(tag: string) {
      asked.push(tag);
    }
    maximize(): void {
      asked.push("maximize");
    }
  }
  for (const step of LOCALE_DATA) step({ Intl: { DateTimeFormat: Intl.DateTimeFormat, Locale } });
  assert.deepEqual(asked, ["en", "maximize", "en-u-ca-gregory"]);
  for (const step of LOCALE_DATA) step({ Intl: { DateTimeFormat: Intl.DateTimeFormat } });
  for (const step of LOCALE_DATA) step({ Intl });
});
