/** What can be done with a cluster's clock: pause, step, speed, warp, and how a restart goes. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, TextInput } from "@mantine/core";
import {
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconPlayerStop,
  IconPlayerTrackNext,
} from "@tabler/icons-react"; // prettier-ignore
import { useState } from "react";
import { atSimulator } from "../ask";
import classes from "./clock.module.css";
import { goal } from "./goal";
import { type ClockState, gone } from "./useCluster";
import { useT } from "./words";

type Action =
  | { action: "pause" | "resume" }
  | { action: "speed"; factor: number }
  | { action: "step"; duration: string }
  | { action: "warp"; to: string }
  | { action: "on_restart"; on_restart: string };

interface Given {
  readonly cluster: string;
  readonly clock: ClockState;
  readonly onChange: () => void;
}

const SPEEDS = ["0.5", "1", "2", "5", "10", "60", "300", "1000"];
const STEPS = ["10s", "1m", "5m", "30m", "1h", "6h", "1d"];
const RESTARTS = ["catch-up", "resume"] as const;

function Act({
  cluster,
  onChange,
  body,
  cli,
  ...shown
}: Omit<Given, "clock"> & {
  label: string;
  name?: string;
  body: Action;
  cli: string;
  icon?: React.ReactNode;
  primary?: boolean;
  disabled?: boolean;
}) {
  return (
    <Mutation
      {...shown}
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
}

/** Pause, resume; while a warp is under way: stop it where it is. */
export function PauseButton({ cluster, clock, onChange }: Given) {
  const t = useT();
  const given = { cluster, onChange };
  if (clock.warping_to)
    return (
      <Act
        {...given}
        name="cancel-warp"
        label={t("cancel")}
        body={{ action: "pause" }}
        cli="pause"
        icon={<IconPlayerStop size={14} />}
      />
    );
  const action = clock.paused ? "resume" : "pause";
  return (
    <Act
      {...given}
      name={`clock-${action}`}
      label={t(action)}
      body={{ action }}
      cli={action}
      icon={clock.paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
    />
  );
}

export function Clock({ cluster, clock, onChange }: Given) {
  const t = useT();
  const f = useFormat();
  const [by, setBy] = useState("5m");
  const [speed, setSpeed] = useState(String(clock.speed ?? 1));
  const [to, setTo] = useState("+1h");
  const [restart, setRestart] = useState(clock.on_restart ?? "catch-up");
  const given = { cluster, onChange };
  const next = clock.next_timer ?? null;
  const wanted = goal(f.zone, to);
  const past = wanted !== null && Date.parse(wanted) <= Date.parse(clock.now ?? "");
  const away = (at: string) => (Date.parse(at) - Date.parse(clock.now ?? "")) / 1000;
  return (
    <div className={classes.clock}>
      <div className={classes.face}>
        <span className="dim">{t("now")}</span>
        <strong>{f.instant(clock.now)}</strong>
        <PauseButton cluster={cluster} clock={clock} onChange={onChange} />
      </div>
      {clock.warping_to && (
        <div className={classes.warping} role="status">
          <span>{t("warping", { to: f.instant(clock.warping_to) })}</span>
          <progress value={gone(clock)} aria-label={t("progress")} />
          <span className="dim">
            {t("warping.left", { left: f.duration(away(clock.warping_to)) })} {t("warping.instead")}
          </span>
        </div>
      )}
      <Row say={t("step.say")}>
        <NativeSelect
          size="xs"
          label={t("by")}
          value={by}
          onChange={(change) => setBy(change.currentTarget.value)}
          data={STEPS}
        />
        <Act
          {...given}
          name="step"
          label={t("step")}
          body={{ action: "step", duration: by }}
          cli={`step ${by}`}
          icon={<IconPlayerTrackNext size={14} />}
        />
      </Row>
      <Row
        say={
          next
            ? t("step.timer.say", { at: f.instant(next), in: f.duration(away(next)) })
            : t("step.none")
        }
      >
        <Act
          {...given}
          name="next-timer"
          label={t("step.timer")}
          disabled={next === null}
          body={{ action: "warp", to: next ?? "" }}
          cli={`warp ${next ?? "+0s"}`}
          icon={<IconPlayerSkipForward size={14} />}
        />
      </Row>
      <Row say={t("speed.say")}>
        <NativeSelect
          size="xs"
          label={t("speed")}
          value={speed}
          onChange={(change) => setSpeed(change.currentTarget.value)}
          data={[...new Set([...SPEEDS, String(clock.speed ?? 1)])].map((one) => ({
            value: one,
            label: `×${one}`,
          }))}
        />
        <Act
          {...given}
          name="speed"
          label={t("speed.set")}
          body={{ action: "speed", factor: Number(speed) }}
          cli={`speed ${speed}`}
        />
      </Row>
      <Row say={t("warp.say", { zone: f.zoneName })}>
        <TextInput
          size="xs"
          label={t("warp.to")}
          name="warp-to"
          value={to}
          onChange={(change) => setTo(change.currentTarget.value)}
          error={
            past
              ? t("warp.past")
              : to.trim() !== "" && wanted === null && t("warp.wrong", { zone: f.zoneName })
          }
        />
        <Act
          {...given}
          name="warp"
          label={t("warp")}
          disabled={wanted === null || past}
          body={{ action: "warp", to: wanted ?? "" }}
          cli={`warp ${quoted(wanted ?? "")}`}
          icon={<IconPlayerTrackNext size={14} />}
        />
      </Row>
      <Row>
        <NativeSelect
          size="xs"
          label={t("restart")}
          value={restart}
          onChange={(change) => setRestart(change.currentTarget.value)}
          data={RESTARTS.map((one) => ({ value: one, label: t(`restart.${one}`) }))}
        />
        <Act
          {...given}
          name="on-restart"
          label={t("restart.set")}
          disabled={restart === clock.on_restart}
          body={{ action: "on_restart", on_restart: restart }}
          cli={`on-restart ${restart}`}
        />
      </Row>
    </div>
  );
}

function Row({ say, children }: { say?: string; children: React.ReactNode }) {
  return (
    <div className={classes.row}>
      <div className={classes.fields}>{children}</div>
      {say && <p className="dim">{say}</p>}
    </div>
  );
}
