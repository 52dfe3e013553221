/** Finding Korean while it is typed: by its letters (배ㅍ → 배포) and by initials (ㅂㅍ → 배포). Pure. */

const LEADS = [..."ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"];
const VOWELS = [..."ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"];
const TAILS = [
  "",
  ..."ㄱㄲ",
  "ㄱㅅ",
  "ㄴ",
  "ㄴㅈ",
  "ㄴㅎ",
  ..."ㄷㄹ",
  "ㄹㄱ",
  "ㄹㅁ",
  "ㄹㅂ",
  "ㄹㅅ",
  "ㄹㅌ",
  "ㄹㅍ",
  "ㄹㅎ",
  ..."ㅁㅂ",
  "ㅂㅅ",
  ..."ㅅㅆㅇㅈㅊㅋㅌㅍㅎ",
]; // prettier-ignore
/** Final consonants that an IME joins while initials are typed: ㄳ is ㄱㅅ. */
const JOINED: Record<string, string> = {
  ㄳ: "ㄱㅅ",
  ㄵ: "ㄴㅈ",
  ㄶ: "ㄴㅎ",
  ㄺ: "ㄹㄱ",
  ㄻ: "ㄹㅁ",
  ㄼ: "ㄹㅂ",
  ㄽ: "ㄹㅅ",
  ㄾ: "ㄹㅌ",
  ㄿ: "ㄹㅍ",
  ㅀ: "ㄹㅎ",
  ㅄ: "ㅂㅅ",
};

function spelt(text: string, syllable: (lead: string, rest: string) => string): string {
  let found = "";
  for (const letter of text.normalize("NFC").toLowerCase()) {
    const code = letter.charCodeAt(0) - 0xac00;
    if (code < 0 || code > 11171) found += JOINED[letter] ?? letter;
    else {
      const vowel = VOWELS[Math.floor(code / 28) % 21] as string;
      found += syllable(LEADS[Math.floor(code / 588)] as string, vowel + TAILS[code % 28]);
    }
  }
  return found;
}

/** Tell whether *text* has every word of *query*: as it is written, or by its first consonants. */
export function has(text: string, query: string): boolean {
  const whole = spelt(text, (lead, rest) => lead + rest);
  const initials = spelt(text, (lead) => lead);
  return query
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => {
      const asked = spelt(word, (lead, rest) => lead + rest);
      return whole.includes(asked) || (/^[ㄱ-ㅎ]+$/.test(asked) && initials.includes(asked));
    });
}
