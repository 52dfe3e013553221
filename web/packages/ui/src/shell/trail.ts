import type { PageRow } from "./pages";

export interface Crumb {
  readonly to: string;
  /** Key of a title, for who has no name. */
  readonly title: string;
  /** A parameter of the path: a tenant's name. */
  readonly name?: string;
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part.startsWith("$") || part === given[i])
  );
}

/** Return a part of a path as it is read; what cannot be read, as it stands. */
function read(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Return the pages that lead to *path*, the page itself last; none of them: there is no such page. */
export function trail(pages: readonly PageRow[], path: string): Crumb[] {
  const parts = path.replace(/\/+$/, "").split("/");
  const found: Crumb[] = [];
  for (let length = 2; length <= parts.length; length += 1) {
    const to = parts.slice(0, length).join("/");
    const page = pages.find((row) => matches(row.path, to));
    if (!page) continue;
    const named = page.path.split("/").at(-1)?.startsWith("$");
    found.push({
      to,
      title: page.title,
      ...(named ? { name: read(parts[length - 1] ?? "") } : {}),
    });
  }
  const home = pages.find((row) => row.path === path);
  return found.length || !home ? found : [{ to: path, title: home.title }];
}
