/** The pages of the simulator's dashboard: one line each. Not below /clusters: a Kubernetes API is there. */
import type { PageRow } from "@ecp/ui/shell/pages";
import {
  IconActivity,
  IconChartLine,
  IconFlask2,
  IconHistory,
  IconServer,
  IconServer2,
  IconSettings,
  IconStack2,
  IconTopologyStar3,
  IconUsers,
} from "@tabler/icons-react";
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
    group: "group.tenants",
    key: "t",
    load: () => import("./features/dashboard/Tenants"),
  },
  {
    path: "/dashboard/$tenant",
    title: "dashboard.one",
    load: () => import("./features/dashboard/Dashboard"),
  },
  {
    path: "/topology",
    title: "topology.title",
    icon: IconTopologyStar3,
    group: "group.cluster",
    key: "o",
    load: () => import("./features/topology/Topology"),
  },
  {
    path: "/workloads",
    title: "workloads.title",
    icon: IconStack2,
    group: "group.cluster",
    key: "w",
    load: () => import("./features/workloads/Workloads"),
  },
  {
    path: "/nodes",
    title: "nodes.title",
    icon: IconServer2,
    group: "group.cluster",
    key: "n",
    load: () => import("./features/nodes/Nodes"),
  },
  {
    path: "/timeline",
    title: "timeline.title",
    icon: IconHistory,
    group: "group.cluster",
    key: "l",
    load: () => import("./features/timeline/Timeline"),
  },
  {
    path: "/lab",
    title: "lab.title",
    icon: IconFlask2,
    group: "group.experiment",
    key: "x",
    load: () => import("./features/lab/Lab"),
  },
  {
    path: "/traffic",
    title: "traffic.title",
    icon: IconChartLine,
    group: "group.experiment",
    key: "f",
    load: () => import("./features/traffic/Traffic"),
  },
  {
    // The root of :6380 leads here.
    path: "/monitoring",
    title: "monitoring.title",
    icon: IconActivity,
    group: "group.tenants",
    key: "m",
    load: () => import("./features/monitoring/Monitoring"),
  },
  {
    path: "/system",
    title: "system.title",
    icon: IconSettings,
    group: "group.operate",
    key: "y",
    load: () => import("./features/system/System"),
  },
];
