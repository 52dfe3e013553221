/** Days of the week as they are read. */
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MS = 86_400_000;
/** A Monday. */
const FIRST = Date.UTC(2024, 0, 1);

/** Return the language's short name of mon, tue …; anything else as it is. */
export function weekday(name: string, language: string): string {
  const at = DAYS.indexOf(name);
  if (at < 0) return name;
  const said = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
  return said.format(FIRST + at * DAY_MS);
}
