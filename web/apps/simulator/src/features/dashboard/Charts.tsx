/** A tenant's figures over the chosen range, with faults and releases marked. */
import { TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { Columns } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { useRange, useZoom } from "@ecp/ui/time/RangePicker";
import { useFormat } from "@ecp/ui/view/format";
import { useMemo } from "react";
import { EVERY_MS } from "../../ask";
import { type Figures, seconds, useSeries } from "../../series";
import { useT as useApp } from "../../texts/texts";
import { useBands } from "./useBands";
import { useT } from "./words";

const POINTS = 240;

export function Charts({
  tenant,
  cluster,
  namespace,
  now,
}: {
  tenant: string;
  cluster: string;
  namespace: string | null;
  /** Of the cluster's time, ms. */
  now: number;
}) {
  const t = useT();
  const f = useFormat();
  const { fromMs, toMs, moving } = useRange(now);
  // Another beginning each step, not each second.
  const step = Math.max(EVERY_MS, (toMs - fromMs) / POINTS);
  const from = new Date(Math.floor(fromMs / step) * step).toISOString();
  const to = moving ? "" : new Date(toMs).toISOString();
  const series = useSeries(
    cluster,
    tenant,
    { from, to },
    // A range that moves is another question with each step already.
    { every: Math.max(step, EVERY_MS * 6), points: POINTS },
  );
  const bands = useBands(cluster, namespace, from);
  return (
    <Answer ask={series} blocks={{ count: 4, height: 258 }}>
      {(data) => (
        <>
          <Drawn data={data} bands={bands} />
          <p className="dim">
            {t("simulated")} ·{" "}
            {t("since", { since: f.instant(data.from), step: f.duration(data.step_seconds) })}
          </p>
        </>
      )}
    </Answer>
  );
}

/** The charts; their lines stay the same objects until their figures are others. */
function Drawn({ data, bands }: { data: Figures; bands: ReturnType<typeof useBands> }) {
  const t = useT();
  const a = useApp();
  const zoom = useZoom();
  const at = useMemo(() => seconds(data.at), [data]);
  const drawn = useMemo(
    () => [
      {
        title: t("response"),
        series: [
          { name: t("response"), values: data.response_time },
          ...(data.step_seconds > 60
            ? [{ name: t("response.worst"), values: data.response_time_worst }]
            : []),
        ],
      },
      { title: t("errors"), series: [{ name: t("errors"), values: data.error_rate }] },
      { title: t("load"), series: [{ name: t("load"), values: data.network_rps }] },
      {
        title: t("usage"),
        series: [
          { name: a("tenant.cpu"), values: data.cpu },
          { name: a("tenant.memory"), values: data.memory },
        ],
      },
    ],
    [data, t, a],
  );
  return (
    <Columns>
      {drawn.map((one) => (
        <Panel key={one.title} title={one.title}>
          <TimeSeries
            label={one.title}
            at={at}
            series={one.series}
            bands={bands}
            onZoom={zoom}
            height={170}
          />
        </Panel>
      ))}
    </Columns>
  );
}
