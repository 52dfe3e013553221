/** The pages of the console: one line each. */
import type { PageRow } from "@ecp/ui/shell/pages";
import {
  IconBell,
  IconHome,
  IconRocket,
  IconSettings,
  IconShieldCheck,
  IconUsers,
} from "@tabler/icons-react";
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
  {
    path: "/validate",
    title: "validate.title",
    icon: IconShieldCheck,
    key: "v",
    load: () => import("./features/validate/Validate"),
  },
  {
    path: "/releases",
    title: "releases.title",
    icon: IconRocket,
    key: "r",
    load: () => import("./features/releases/Releases"),
  },
  {
    path: "/releases/$release",
    title: "releases.one",
    load: () => import("./features/releases/Release"),
  },
  {
    path: "/alerts",
    title: "alerts.title",
    icon: IconBell,
    key: "a",
    load: () => import("./features/alerts/Alerts"),
  },
  {
    path: "/settings",
    title: "settings.title",
    icon: IconSettings,
    key: "s",
    load: () => import("./features/settings/Settings"),
  },
];
