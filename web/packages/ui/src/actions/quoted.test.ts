import { expect, test } from "vitest";
import { quoted } from "./quoted";

test.each([
  ["operator", "operator"],
  ["", "''"],
  ["two words", "'two words'"],
  ["점검", "'점검'"],
  ["it's $HOME", "'it'\\''s $HOME'"],
  ['say "so"', `'say "so"'`],
])("%s is one word of a command", (text, command) => {
  expect(quoted(text)).toBe(command);
});
