/** What kind of cluster a page speaks of: simulated, the demo's, or a real one; and that it does not answer. */
import {
  IconAlertTriangleFilled,
  IconFlask,
  IconPlugConnectedX,
  IconTestPipe,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useUi } from "../texts/texts";
import classes from "./bands.module.css";

const KINDS = {
  simulated: IconFlask,
  demo: IconTestPipe,
  real: IconAlertTriangleFilled,
  away: IconPlugConnectedX,
} as const;

/** *name*: of the real cluster, which is said in red on every page, or of what does not answer; *children*:
 * where to go from it. */
export function Band({
  kind,
  name = "",
  children,
}: {
  kind: keyof typeof KINDS;
  name?: string;
  children?: ReactNode;
}) {
  const u = useUi();
  const Icon = KINDS[kind];
  return (
    <div className={classes.band} data-kind={kind} role={kind === "away" ? "alert" : "note"}>
      <Icon size={14} aria-hidden />
      <strong>{u(`band.${kind}`)}</strong>
      <span>{u(`band.${kind}.say`, { name })}</span>
      {children}
    </div>
  );
}
