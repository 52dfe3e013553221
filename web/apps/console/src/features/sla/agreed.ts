/** What is written about service hours, as the service reads it, and back. Pure. */

export type Hours = string | Readonly<Record<string, string>>;

/** Return service hours as one line: callbot=09:00-18:00, chatbot=profile. */
export function lineOf(hours: Hours | null | undefined): string {
  if (!hours) return "";
  if (typeof hours === "string") return hours;
  return Object.entries(hours)
    .map(([service, when]) => `${service}=${when}`)
    .join(", ");
}

/** Return the service hours of such a line; undefined: always on duty. Null for what cannot be read. */
export function hoursOf(line: string): Hours | undefined | null {
  const text = line.trim();
  if (!text) return undefined;
  if (/^[a-z]+$/.test(text)) return text;
  const found: Record<string, string> = {};
  for (const part of text.split(",")) {
    const read = /^\s*([a-z][a-z0-9-]*)\s*=\s*(\S.*?)\s*$/.exec(part);
    if (!read) return null;
    found[read[1] ?? ""] = read[2] ?? "";
  }
  return found;
}
