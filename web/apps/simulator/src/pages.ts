/** The pages of the simulator's dashboard: one line each. Not below /clusters: a Kubernetes API is there. */
import type { PageRow } from "@ecp/ui/shell/pages";
import { IconActivity, IconServer, IconUsers } from "@tabler/icons-react";
import type { Key } from "./texts/texts";

export const PAGES: readonly PageRow<Key>[] = [
  {
    path: "/",
    title: "cluster.title",
    icon: IconServer,
    key: "c",
    load: () => import("./features/cluster/Cluster"),
  },
  {
    path: "/dashboard",
    title: "dashboard.title",
    icon: IconUsers,
    key: "t",
    load: () => import("./features/dashboard/Tenants"),
  },
  {
    path: "/dashboard/$tenant",
    title: "dashboard.one",
    load: () => import("./features/dashboard/Dashboard"),
  },
  {
    // The root of :6380 leads here.
    path: "/monitoring",
    title: "monitoring.title",
    icon: IconActivity,
    key: "m",
    load: () => import("./features/monitoring/Monitoring"),
  },
];
