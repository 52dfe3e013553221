/** The pages of the console: one line each. */
import type { PageRow } from "@ecp/ui/shell/pages";
import { IconHome, IconUsers } from "@tabler/icons-react";
import type { Key } from "./texts/texts";

export const PAGES: readonly PageRow<Key>[] = [
  {
    path: "/",
    title: "home.title",
    icon: IconHome,
    key: "h",
    load: () => import("./features/home/Home"),
  },
  {
    path: "/tenants",
    title: "tenants.title",
    icon: IconUsers,
    key: "t",
    load: () => import("./features/tenants/Tenants"),
  },
  {
    path: "/tenants/$tenant",
    title: "tenant.title",
    load: () => import("./features/tenants/Tenant"),
  },
];
