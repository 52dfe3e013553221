/** Korean particles: `파드(이/가)` becomes `파드가`, `로그(을/를)` `로그를`, `서울(으로/로)` `서울로`. */

const PAIR = /(\S)\((이\/가|을\/를|은\/는|과\/와|으로\/로)\)/gu;
/** The final consonant of a digit's or a letter's Korean name: 0 none, 8 ㄹ, else another. */
const NAMES: Record<string, number> = {
  "0": 21,
  "1": 8,
  "2": 0,
  "3": 16,
  "4": 0,
  "5": 0,
  "6": 1,
  "7": 8,
  "8": 8,
  "9": 0,
  l: 8,
  r: 8,
  m: 16,
  n: 4,
  L: 8,
  R: 8,
  M: 16,
  N: 4,
}; // prettier-ignore

function final(letter: string): number {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= 0xac00 && code <= 0xd7a3) return (code - 0xac00) % 28;
  return NAMES[letter] ?? 0;
}

/** Return *text* with each pair replaced by the particle that its last letter asks for. */
export function particles(text: string): string {
  return text.replace(PAIR, (_, letter: string, pair: string) => {
    const [closed = "", open = ""] = pair.split("/");
    const last = final(letter);
    const takesClosed = pair === "으로/로" ? last !== 0 && last !== 8 : last !== 0;
    return letter + (takesClosed ? closed : open);
  });
}
