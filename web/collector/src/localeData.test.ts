import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCALE_DATA } from "./localeData";

test("each step asks for one table, where the browser has such", () => {
  const asked: string[] = [];
  class Locale {
    constructor(tag: string) {
      asked.push(tag);
    }
    maximize(): void {
      asked.push("maximize");
    }
  }
  class DateTimeFormat extends Intl.DateTimeFormat {
    static override supportedLocalesOf(tag: string): string[] {
      asked.push(`list with ${tag}`);
      return [];
    }
  }
  const supportedValuesOf = (key: string) => asked.push(`values of ${key}`);
  for (const step of LOCALE_DATA) step({ Intl: { DateTimeFormat, Locale, supportedValuesOf } });
  assert.deepEqual(asked, ["en", "maximize", "values of numberingSystem", "list with en"]);
  for (const step of LOCALE_DATA) step({ Intl: { DateTimeFormat: Intl.DateTimeFormat } });
  for (const step of LOCALE_DATA) step({ Intl });
});
