/** A text in a link: compressed after the #, which no browser sends to a server. */

/** Longest link that every browser, chat and mail still takes. */
export const MOST_LETTERS = 30_000;
/** Of a text that comes out of a link: nobody fills this page's memory. */
const MOST_BYTES = 2 << 20;
const MARK = "#m=";

async function through(bytes: Uint8Array, way: ReadableWritablePair): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = new Blob([bytes as BlobPart]).stream().pipeThrough(way).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_BYTES) throw new RangeError("too large");
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Return the hash that *text* is in; null: it is too long for a link. */
export async function packed(text: string): Promise<string | null> {
  const way = new CompressionStream("deflate-raw") as unknown as ReadableWritablePair;
  const bytes = await through(new TextEncoder().encode(text), way);
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  const hash = MARK + btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return hash.length > MOST_LETTERS ? null : hash;
}

/** Return the text of a hash; null: there is none in it. */
export async function unpacked(hash: string): Promise<string | null> {
  if (!hash.startsWith(MARK) || hash.length > MOST_LETTERS) return null;
  try {
    const letters = atob(hash.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const way = new DecompressionStream("deflate-raw") as unknown as ReadableWritablePair;
    return new TextDecoder("utf-8", { fatal: true }).decode(await through(bytes, way));
  } catch {
    return null;
  }
}
