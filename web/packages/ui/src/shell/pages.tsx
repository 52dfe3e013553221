/** The table of an app's pages; menu, palette, breadcrumb, title and lazy loading come from it. */
import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";

export interface PageRow<K extends string = string> {
  /** As in the address: /tenants/$tenant */
  readonly path: string;
  /** Key of its title; a parameter of the path is shown instead where it is the last part. */
  readonly title: K;
  /** Shown in the menu where there is one. */
  readonly icon?: Icon;
  /** Second key after `g` that leads here. */
  readonly key?: string;
  readonly load: () => Promise<{ default: ComponentType }>;
}
