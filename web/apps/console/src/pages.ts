/** The pages of the console: one line each. */
import type { First, PageRow } from "@ecp/ui/shell/pages";
import {
  IconBell,
  IconBolt,
  IconChartHistogram,
  IconHistory,
  IconHome,
  IconRocket,
  IconSettings,
  IconShieldCheck,
  IconUsers,
} from "@tabler/icons-react";
import { fleetOf } from "./fleet";
import { statusOf } from "./tenant/useTenant";
import type { Key } from "./texts/texts";

/** All pages of a tenant begin with how it stands. */
const ofTenant: First = ({ tenant = "" }) => [statusOf(tenant)];

export const PAGES: readonly PageRow<Key>[] = [
  {
    path: "/",
    title: "home.title",
    icon: IconHome,
    key: "h",
    load: () => import("./features/home/Home"),
    first: () => [fleetOf()],
  },
  {
    path: "/tenants",
    title: "tenants.title",
    icon: IconUsers,
    key: "t",
    load: () => import("./features/tenants/Tenants"),
  },
  {
    path: "/tenants/new",
    title: "wizard.title",
    load: () => import("./features/wizard/Wizard"),
  },
  {
    path: "/tenants/$tenant",
    title: "tenant.title",
    load: () => import("./features/tenants/Overview"),
    first: ofTenant,
  },
  {
    path: "/tenants/$tenant/manifest",
    title: "tenant.tab.manifest",
    load: () => import("./features/manifest/Manifest"),
    first: ofTenant,
  },
  {
    path: "/tenants/$tenant/resources",
    title: "tenant.tab.resources",
    load: () => import("./features/resources/Resources"),
    first: ofTenant,
  },
  {
    path: "/tenants/$tenant/releases",
    title: "releases.title",
    load: () => import("./features/releases/OfTenant"),
    first: ofTenant,
  },
  {
    path: "/tenants/$tenant/releases/compare",
    title: "releases.compare",
    load: () => import("./features/releases/Compare"),
  },
  {
    path: "/tenants/$tenant/sla",
    title: "tenant.tab.sla",
    load: () => import("./features/sla/Sla"),
    first: ofTenant,
  },
  {
    path: "/tenants/$tenant/startup",
    title: "tenant.tab.startup",
    load: () => import("./features/startup/Startup"),
    first: ofTenant,
  },
  {
    path: "/validate",
    title: "validate.title",
    icon: IconShieldCheck,
    group: "group.deliver",
    key: "v",
    load: () => import("./features/validate/Validate"),
  },
  {
    path: "/releases",
    title: "releases.title",
    icon: IconRocket,
    group: "group.deliver",
    key: "r",
    load: () => import("./features/releases/Releases"),
  },
  {
    path: "/releases/$release",
    title: "releases.one",
    load: () => import("./features/releases/Release"),
  },
  {
    path: "/failures",
    title: "failures.title",
    icon: IconBolt,
    group: "group.experiment",
    key: "f",
    load: () => import("./features/failures/Failures"),
  },
  {
    path: "/failures/$injection",
    title: "failures.one",
    load: () => import("./features/failures/Report"),
  },
  {
    path: "/rehearsals",
    title: "rehearsals.title",
    icon: IconChartHistogram,
    group: "group.experiment",
    key: "c",
    load: () => import("./features/rehearsals/Rehearsals"),
  },
  {
    path: "/rehearsals/new",
    title: "rehearsals.new",
    load: () => import("./features/rehearsals/New"),
  },
  {
    path: "/rehearsals/compare",
    title: "rehearsals.compare",
    load: () => import("./features/rehearsals/Compare"),
  },
  {
    path: "/rehearsals/$rehearsal",
    title: "rehearsals.one",
    load: () => import("./features/rehearsals/Rehearsal"),
  },
  {
    path: "/alerts",
    title: "alerts.title",
    icon: IconBell,
    group: "group.operate",
    key: "a",
    load: () => import("./features/alerts/Alerts"),
  },
  {
    path: "/audit",
    title: "audit.title",
    icon: IconHistory,
    group: "group.operate",
    key: "u",
    load: () => import("./features/audit/Audit"),
  },
  {
    path: "/settings",
    title: "settings.title",
    icon: IconSettings,
    group: "group.operate",
    key: "s",
    load: () => import("./features/settings/Settings"),
  },
];
