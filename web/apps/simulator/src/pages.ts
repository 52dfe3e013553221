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
    key: "o",
    load: () => import("./features/topology/Topology"),
  },
  {
    path: "/workloads",
    title: "workloads.title",
    icon: IconStack2,
    key: "w",
    load: () => import("./features/workloads/Workloads"),
  },
  {
    path: "/nodes",
    title: "nodes.title",
    icon: IconServer2,
    key: "n",
    load: () => import("./features/nodes/Nodes"),
  },
  {
    path: "/timeline",
    title: "timeline.title",
    icon: IconHistory,
    key: "l",
    load: () => import("./features/timeline/Timeline"),
  },
  {
    path: "/lab",
    title: "lab.title",
    icon: IconFlask2,
    key: "x",
    load: () => import("./features/lab/Lab"),
  },
  {
    path: "/traffic",
    title: "traffic.title",
    icon: IconChartLine,
    key: "f",
    load: () => import("./features/traffic/Traffic"),
  },
  {
    // The root of :6380 leads here.
    path: "/monitoring",
    title: "monitoring.title",
    icon: IconActivity,
    key: "m",
    load: () => import("./features/monitoring/Monitoring"),
  },
  {
    path: "/system",
    title: "system.title",
    icon: IconSettings,
    key: "y",
    load: () => import("./features/system/System"),
  },
];
