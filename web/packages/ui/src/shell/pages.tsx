/** The table of an app's pages; menu, palette, breadcrumb, title and lazy loading come from it. */
import type { Icon } from "@tabler/icons-react";
import type { FetchQueryOptions } from "@tanstack/react-query";
import type { ComponentType } from "react";

/** A question as hooks ask it (their `queryOptions`): one with another key is asked twice. */
export type Question = Pick<FetchQueryOptions, "queryKey"> & { readonly queryFn?: unknown };
/** The parameters of an address' path, and what stands behind its `?`. */
export type First = (
  params: Readonly<Record<string, string>>,
  search: Readonly<Record<string, unknown>>,
) => readonly Question[];

export interface PageRow<K extends string = string> {
  /** As in the address: /tenants/$tenant */
  readonly path: string;
  /** Key of its title; a parameter of the path is shown instead where it is the last part. */
  readonly title: K;
  /** Shown in the menu where there is one. */
  readonly icon?: Icon;
  /** Key of the section of the menu that it stands in; none: before all sections. */
  readonly group?: K;
  /** Second key after `g` that leads here. */
  readonly key?: string;
  readonly load: () => Promise<{ default: ComponentType }>;
  /** What it asks for first: on its way while the page's own script is, where the application begins with it. */
  readonly first?: First;
}

export interface Section<K extends string> {
  /** undefined: pages that stand in none. */
  readonly group: K | undefined;
  readonly pages: readonly PageRow<K>[];
}

/** Return the pages of the menu by section, in the order of the table. */
export function sections<K extends string>(pages: readonly PageRow<K>[]): Section<K>[] {
  const found = new Map<K | undefined, PageRow<K>[]>([[undefined, []]]);
  for (const page of pages) {
    if (!page.icon) continue;
    const rows = found.get(page.group);
    if (rows) rows.push(page);
    else found.set(page.group, [page]);
  }
  return [...found]
    .filter(([, rows]) => rows.length)
    .map(([group, rows]) => ({ group, pages: rows }));
}

/** Return the path of the menu's page that *path* is, or lies below: the longest. */
export function current(pages: readonly PageRow[], path: string): string | undefined {
  return pages
    .filter((page) => page.icon && (path === page.path || path.startsWith(`${page.path}/`)))
    .map((page) => page.path)
    .sort((a, b) => b.length - a.length)[0];
}
