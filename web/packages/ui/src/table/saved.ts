/** Views that somebody named: what the address of a page says, kept in this browser. */
import { type Kept, local } from "../view/storage";

export interface Saved {
  readonly name: string;
  readonly search: Record<string, unknown>;
}

const key = (path: string) => `ecp.views:${path}`;

/** Return the views of a page, as they were saved. */
export function saved(path: string, kept: Pick<Kept, "getItem"> = local): Saved[] {
  try {
    const found: unknown = JSON.parse(kept.getItem(key(path)) ?? "[]");
    return Array.isArray(found)
      ? found.filter((one): one is Saved => typeof one?.name === "string" && !!one.search)
      : [];
  } catch {
    return []; // Somebody else's entry.
  }
}

/** Keep a view under its name, or, without a search, forget it; return what is kept then. */
export function save(path: string, name: string, search: Saved["search"] | null): Saved[] {
  const others = saved(path).filter((one) => one.name !== name);
  const next = search ? [...others, { name, search }] : others;
  local.setItem(key(path), JSON.stringify(next));
  return next;
}
