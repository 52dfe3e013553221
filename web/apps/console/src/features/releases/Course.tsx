/** How a release goes: as a Gantt, or the same as a table. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { Bars } from "../../bars/Bars";
import { drawn, type Startup, type Step, type Wave } from "./gantt";
import classes from "./releases.module.css";
import { conditionName, useT, waveName } from "./words";

const VIEW = { course: "chart" };

export function Course({
  began,
  waves,
  steps,
  startup,
  waits,
  stuck,
  expected,
  going,
}: {
  began: string;
  waves: readonly Wave[];
  steps: readonly Step[];
  startup: Startup | null;
  waits: boolean;
  stuck: boolean;
  /** Second at which it is expected to be up. */
  expected: number | null;
  going: boolean;
}) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const shown = useMemo(
    () =>
      drawn(
        { began, waves, steps, startup, waits, stuck, expected },
        {
          wave: (name) => waveName(name, t),
          condition: (name) => conditionName(name, t),
          conditions: t("conditions"),
          count: (done, of) => `${f.number(done)} / ${f.number(of)}`,
          took: f.duration,
        },
      ),
    [began, waves, steps, startup, waits, stuck, expected, t, f],
  );
  return (
    <Panel
      title={t(going ? "course.now" : "course")}
      flush={view.course === "table"}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={t("course")}
          value={view.course}
          onChange={(course) => setView({ course })}
          data={[
            { value: "chart", label: t("chart") },
            { value: "table", label: t("table") },
          ]}
        />
      }
    >
      {view.course === "table" ? (
        <Waves of={waves} />
      ) : (
        <Bars
          label={t("course")}
          rows={shown.rows}
          began={began}
          whole={shown.whole}
          expected={expected}
        />
      )}
    </Panel>
  );
}

function Waves({ of }: { of: readonly Wave[] }) {
  const t = useT();
  const f = useFormat();
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("wave")}</th>
          <th scope="col">{t("state")}</th>
          <th scope="col" data-numeric>
            {t("sent")}
          </th>
          <th scope="col" data-numeric>
            {t("pods")}
          </th>
          <th scope="col">{t("sent.at")}</th>
          <th scope="col">{t("awaits")}</th>
        </tr>
      </thead>
      <tbody>
        {of.map((wave) => (
          <tr key={wave.wave}>
            <th scope="row">{waveName(wave.wave, t)}</th>
            <td>
              <StatusBadge state={wave.state === "waiting" ? "progressing" : wave.state} />
            </td>
            <td data-numeric>{`${f.number(wave.applied)} / ${f.number(wave.objects)}`}</td>
            <td data-numeric>
              {wave.desired ? `${f.number(wave.ready)} / ${f.number(wave.desired)}` : "–"}
            </td>
            <td>{f.instant(wave.applied_at as string | null)}</td>
            <td className="mono">{wave.awaits?.join(", ") || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
