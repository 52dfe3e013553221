/** The cluster's clock, and what can be done with it. */

import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { IconPlayerPause, IconPlayerPlay, IconPlayerTrackNext } from "@tabler/icons-react";
import { atSimulator } from "../../ask";
import { useT } from "../../texts/texts";
import classes from "./cluster.module.css";

interface Given {
  readonly now?: string;
  readonly speed?: number;
  readonly paused?: boolean;
  readonly warping_to?: unknown;
}

type Action =
  | { action: "pause" | "resume" }
  | { action: "speed"; factor: number }
  | { action: "step"; duration: string }
  | { action: "warp"; to: string };

export function Clock({
  cluster,
  clock,
  onChange,
}: {
  cluster: string;
  clock: Given | undefined;
  onChange: () => void;
}) {
  const t = useT();
  const f = useFormat();
  const warping = typeof clock?.warping_to === "string" ? clock.warping_to : null;
  const state = warping ? "warping" : clock?.paused ? "paused" : "running";
  const button = (label: string, body: Action, cli: string, icon?: React.ReactNode) => (
    <Mutation
      key={label}
      label={label}
      icon={icon}
      cli={`ecp clock ${cli} --cluster ${cluster}`}
      curl={curl("POST", `/api/v1/clusters/${cluster}/clock`, body)}
      run={async () => {
        const { error } = await atSimulator.POST("/api/v1/clusters/{name}/clock", {
          params: { path: { name: cluster } },
          body,
        });
        if (error) throw error;
        onChange();
      }}
    />
  );
  return (
    <section className={classes.clock} aria-label={t("clock.title")}>
      <span className="dim">{t("clock.now")}</span>
      <span className={classes.time}>{f.instant(clock?.now)}</span>
      <StatusBadge
        state={state}
        {...(warping ? { word: t("clock.warping", { to: f.instant(warping) }) } : {})}
      />
      <span>
        <span className="dim">{t("clock.speed")}</span> ×{f.number(clock?.speed)}
      </span>
      <div className={classes.buttons}>
        {clock?.paused
          ? button(t("clock.resume"), { action: "resume" }, "resume", <IconPlayerPlay size={14} />)
          : button(t("clock.pause"), { action: "pause" }, "pause", <IconPlayerPause size={14} />)}
        {button(
          t("clock.step", { by: f.duration(300) }),
          { action: "step", duration: "5m" },
          "step 5m",
        )}
        {button(t("clock.faster", { factor: 10 }), { action: "speed", factor: 10 }, "speed 10")}
        {button(t("clock.faster", { factor: 1 }), { action: "speed", factor: 1 }, "speed 1")}
        {button(
          t("clock.warp", { by: f.duration(3600) }),
          { action: "warp", to: "+1h" },
          "warp +1h",
          <IconPlayerTrackNext size={14} />,
        )}
      </div>
    </section>
  );
}
