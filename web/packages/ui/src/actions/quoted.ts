/** What somebody typed, as one word of a shell's command. Pure. */

/** Return *text* as a shell reads it back: as it is where nothing in it means anything there. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
