import { expect, test } from "vitest";
import { weekday } from "./weekdays";

test.each([
  ["mon", "en", "Mon"],
  ["sun", "ko", "일"],
  ["Chuseok", "en", "Chuseok"],
])("%s in %s is %s", (name, language, said) => {
  expect(weekday(name, language)).toBe(said);
});
