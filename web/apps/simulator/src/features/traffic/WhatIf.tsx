/** A slider over the load, and what the model says of it: at a glance and workload by workload. */
import { Figures } from "@ecp/ui/layout/Page";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo, useState } from "react";
import classes from "./traffic.module.css";
import { at, type Load, partOf, type Workload } from "./whatif";
import { useT } from "./words";

export function WhatIf({
  chosen,
  rungs,
  holds,
  times,
  onTimes,
}: {
  chosen: Load;
  rungs: readonly Load[];
  holds: number | null;
  times: number;
  onTimes: (times: number) => void;
}) {
  const t = useT();
  const f = useFormat();
  const [moving, setMoving] = useState<number | null>(null);
  const shown = moving ?? times;
  const settle = () => {
    if (moving !== null) onTimes(moving);
    setMoving(null);
  };
  const columns = useMemo<Column<Workload>[]>(
    () => [
      {
        id: "name",
        head: t("workload"),
        width: "minmax(100px, 1fr)",
        by: (row) => row.name,
        cell: (row) => <span className="mono">{row.name}</span>,
      },
      {
        id: "state",
        head: t("state"),
        width: "84px",
        by: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} />,
      },
      {
        id: "pods",
        head: t("pods"),
        numeric: true,
        width: "58px",
        by: (row) => row.pods,
        cell: (row) => f.number(row.pods),
      },
      {
        id: "rps",
        head: t("asked"),
        numeric: true,
        width: "92px",
        by: (row) => row.requests_per_second,
        cell: (row) => t("per.second", { rate: f.number(row.requests_per_second) }),
      },
      {
        id: "busy",
        head: t("busy"),
        numeric: true,
        width: "80px",
        by: (row) => row.busy_percent,
        cell: (row) => f.percent(row.busy_percent, 1),
      },
      {
        id: "queue",
        head: t("queue"),
        numeric: true,
        width: "76px",
        by: (row) => row.queue,
        cell: (row) => f.number(row.queue, 2),
      },
      {
        id: "response",
        head: t("response"),
        numeric: true,
        width: "136px",
        by: (row) => row.response_time_ms,
        cell: (row) => `${f.number(row.response_time_ms, 0)} ms`,
      },
      {
        id: "errors",
        head: t("errors"),
        numeric: true,
        width: "80px",
        by: (row) => row.error_percent,
        cell: (row) => f.percent(row.error_percent, 2),
      },
      {
        id: "retries",
        head: t("retries"),
        numeric: true,
        width: "74px",
        by: (row) => row.retries_percent,
        cell: (row) => f.percent(row.retries_percent, 1),
      },
      {
        id: "cpu",
        head: t("cpu"),
        numeric: true,
        width: "66px",
        by: (row) => row.cpu_percent,
        cell: (row) => f.percent(row.cpu_percent, 1),
      },
      {
        id: "why",
        head: t("why"),
        width: "minmax(120px, 1.4fr)",
        cell: (row) =>
          row.failing
            // What rounds to nothing is nothing to look for.
            .filter((one) => one.percent >= LEAST_PERCENT)
            .map((one) =>
              t(`how.${one.how}`, { calls: one.calls ?? "", percent: f.percent(one.percent, 1) }),
            )
            .join(", ") || "–",
      },
    ],
    [t, f],
  );
  return (
    <>
      <label className={classes.slider}>
        <span>{t("times")}</span>
        <input
          type="range"
          data-do="times"
          min={0}
          max={1}
          step={0.005}
          value={partOf(shown)}
          aria-valuetext={t("times.value", { times: shown })}
          onChange={(change) => setMoving(at(Number(change.currentTarget.value)))}
          onPointerUp={settle}
          onKeyUp={settle}
          onBlur={settle}
        />
        <output>{t("times.value", { times: f.number(shown) })}</output>
      </label>
      <Figures
        of={[
          {
            name: t("state"),
            value: <StatusBadge state={chosen.state} word={t(chosen.state)} />,
            note: t("times.value", { times: f.number(chosen.times) }),
          },
          {
            name: t("asked"),
            value: t("per.second", { rate: f.number(chosen.metrics.network_rps) }),
          },
          { name: t("response"), value: `${f.number(chosen.metrics.response_time, 0)} ms` },
          {
            name: t("errors"),
            value: f.percent(chosen.metrics.error_rate, 2),
            bad: chosen.metrics.error_rate > 1,
          },
          {
            name: t("busiest"),
            value: f.percent(
              chosen.workloads.find((one) => one.name === chosen.busiest)?.busy_percent,
              1,
            ),
            note: chosen.busiest ?? "–",
          },
        ]}
      />
      <div className={classes.curves}>
        <Curve
          title={`${t("response")}, ms`}
          rungs={rungs}
          of={(load) => load.metrics.response_time}
          at={shown}
          holds={holds}
        />
        <Curve
          title={`${t("errors")}, %`}
          rungs={rungs}
          of={(load) => load.metrics.error_rate}
          at={shown}
          holds={holds}
        />
        <Curve
          title={`${t("busiest")}, %`}
          rungs={rungs}
          of={(load) => Math.max(0, ...load.workloads.map((one) => one.busy_percent))}
          at={shown}
          holds={holds}
        />
      </div>
      <DataTable<Workload>
        label={t("what-if")}
        rows={chosen.workloads}
        columns={columns}
        id={(row) => row.name}
        sort="-busy"
        height={380}
        empty={null}
      />
    </>
  );
}

const LEAST_PERCENT = 0.05;
const WIDE = 300;
const TALL = 110;

/** A figure over the load; the load that was chosen, and the greatest that is served, are marked. */
function Curve({
  title,
  rungs,
  of,
  at: times,
  holds,
}: {
  title: string;
  rungs: readonly Load[];
  of: (load: Load) => number;
  at: number;
  holds: number | null;
}) {
  const t = useT();
  const f = useFormat();
  const most = Math.max(1e-9, ...rungs.map(of));
  const x = (load: number) => partOf(load) * WIDE;
  const y = (value: number) => TALL - 4 - (value / most) * (TALL - 12);
  const path = rungs
    .map(
      (rung, index) => `${index ? "L" : "M"}${x(rung.times).toFixed(1)} ${y(of(rung)).toFixed(1)}`,
    )
    .join("");
  return (
    <figure className={classes.curve} aria-label={title}>
      <figcaption>
        {title} <span className="dim">0 – {f.number(most, 1)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" aria-hidden>
        {holds !== null && (
          <line x1={x(holds)} x2={x(holds)} y1="0" y2={TALL} className={classes.limit}>
            <title>{t("limit")}</title>
          </line>
        )}
        <line x1={x(times)} x2={x(times)} y1="0" y2={TALL} className={classes.chosen} />
        <path d={path} className={classes.line} />
      </svg>
      <div className={classes.axis} aria-hidden>
        {[0.25, 1, 4, 16].map((one) => (
          <span key={one}>×{one}</span>
        ))}
      </div>
    </figure>
  );
}
