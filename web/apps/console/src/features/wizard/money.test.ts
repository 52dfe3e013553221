import { expect, test } from "vitest";
import { money } from "./money";

test.each([
  ["won", 1234567.4, "KRW", "en", "KRW\u00a01,234,567"],
  ["won in Korean", 1234567.4, "KRW", "ko", "KRW\u00a01,234,567"],
  ["dollars, whole", 851.6, "USD", "en", "USD\u00a0852"],
] as const)("%s", (_, amount, currency, language, wanted) => {
  expect(money(amount, currency, { language })).toBe(wanted);
});
