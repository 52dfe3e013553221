/** What an object's pods use beside what they request, now and lately. */

import { Figures } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Skeleton } from "@mantine/core";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import classes from "./resources.module.css";
import type { Item, Usage, Used } from "./types";
import { useT } from "./words";

const TimeSeries = lazy(async () => {
  const { TimeSeries: found } = await import("@ecp/ui/charts/TimeSeries");
  return { default: found };
});
const HOUR = 60;
const MINUTE_MS = 60_000;
/** Readings of a pod that are kept while somebody looks. */
const MOST = 240;

interface Point {
  readonly at: number;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly p95?: number | null;
}

function useUsage(tenant: string, item: Item, minutes: number, every: number) {
  return hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/resources/{kind}/{name}/metrics",
    {
      ...useGiven(),
      params: {
        path: { tenant_id: tenant, kind: item.kind, name: item.name },
        query: { namespace: item.namespace, minutes },
      },
    },
    { refetchInterval: every, retry: false },
  );
}

export function Metrics({ tenant, item }: { tenant: string; item: Item }) {
  const t = useT();
  const now = useUsage(tenant, item, 0, EVERY_MS);
  const kept = useUsage(tenant, item, item.kind === "Pod" ? 0 : HOUR, MINUTE_MS);
  const usage = now.data as unknown as Usage | undefined;
  const seen = useReadings(usage);
  const history = (kept.data as unknown as Usage | undefined)?.history ?? [];
  const points: readonly Point[] = history.length
    ? history.map((one) => ({
        at: Date.parse(one.at) / 1000,
        cpu: one.cpu_millicores,
        memory: one.memory_bytes,
        p95: one.p95_ms,
      }))
    : seen;
  return (
    <Answer ask={now} rows={5}>
      {() =>
        usage && (
          <>
            {usage.unmeasured && (
              <p className={classes.note}>
                {t("metrics.unmeasured", { message: usage.unmeasured })}
              </p>
            )}
            <Now total={usage.total} />
            {points.length > 0 && (
              <>
                <p className={classes.note}>
                  {t(`metrics.${usage.evidence}`)} ·{" "}
                  {t(history.length ? "metrics.hour" : "metrics.seen")}
                </p>
                <Suspense fallback={<Skeleton height={360} />}>
                  <Charts points={points} />
                </Suspense>
              </>
            )}
            <Containers usage={usage} />
          </>
        )
      }
    </Answer>
  );
}

/** Keep what was read since this was opened: a pod's past is kept by nobody. */
function useReadings(usage: Usage | undefined): readonly Point[] {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const last = useRef("");
  useEffect(() => {
    if (!usage?.at || usage.at === last.current) return;
    last.current = usage.at;
    const { cpu_millicores: cpu, memory_bytes: memory } = usage.total;
    const point = { at: Date.parse(usage.at) / 1000, cpu, memory };
    setPoints((before) => [...before.slice(1 - MOST), point]);
  }, [usage]);
  return points;
}

function Now({ total }: { total: Used }) {
  const t = useT();
  const f = useFormat();
  const beside = (request: string, limit: string) =>
    `${t("request")} ${request} · ${t("limit")} ${limit}`;
  return (
    <Figures
      of={[
        {
          name: t("cpu"),
          value: f.cores(total.cpu_millicores),
          note: beside(f.cores(total.cpu_request_millicores), f.cores(total.cpu_limit_millicores)),
        },
        {
          name: t("memory"),
          value: f.bytes(total.memory_bytes),
          note: beside(f.bytes(total.memory_request_bytes), f.bytes(total.memory_limit_bytes)),
        },
        { name: t("restarts"), value: f.number(total.restarts), bad: (total.restarts ?? 0) > 0 },
      ]}
    />
  );
}

function Charts({ points }: { points: readonly Point[] }) {
  const t = useT();
  const f = useFormat();
  const at = points.map((point) => point.at);
  const cores = (value: number) => f.cores(value);
  const bytes = (value: number) => f.bytes(value);
  const timed = points.some((point) => point.p95);
  return (
    <>
      <TimeSeries
        label={t("cpu")}
        at={at}
        series={[{ name: t("cpu"), values: points.map((point) => point.cpu) }]}
        show={cores}
        height={150}
      />
      <TimeSeries
        label={t("memory")}
        at={at}
        series={[{ name: t("memory"), values: points.map((point) => point.memory) }]}
        show={bytes}
        height={150}
      />
      {timed && (
        <TimeSeries
          label={t("metrics.p95")}
          at={at}
          series={[{ name: t("metrics.p95"), values: points.map((point) => point.p95 ?? null) }]}
          height={150}
        />
      )}
    </>
  );
}

function Containers({ usage }: { usage: Usage }) {
  const t = useT();
  const f = useFormat();
  const rows = usage.pods.flatMap((pod) =>
    pod.containers.map((one) => ({ pod: pod.name, ...one })),
  );
  return (
    <div className={classes.wide} tabIndex={0} role="region" aria-label={t("containers")}>
      <table className={classes.rows}>
        <thead>
          <tr>
            <th scope="col">{t("pod")}</th>
            <th scope="col">{t("container")}</th>
            <th scope="col" data-numeric>
              {t("cpu")}
            </th>
            <th scope="col" data-numeric>
              {t("request")}
            </th>
            <th scope="col" data-numeric>
              {t("memory")}
            </th>
            <th scope="col" data-numeric>
              {t("request")}
            </th>
            <th scope="col" data-numeric>
              {t("restarts")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST).map((row) => (
            <tr key={`${row.pod} ${row.name}`}>
              <td className="mono">{row.pod}</td>
              <td className="mono">{row.name}</td>
              <td data-numeric>{f.cores(row.cpu_millicores)}</td>
              <td data-numeric>{f.cores(row.cpu_request_millicores)}</td>
              <td data-numeric>{f.bytes(row.memory_bytes)}</td>
              <td data-numeric>{f.bytes(row.memory_request_bytes)}</td>
              <td data-numeric>{f.number(row.restarts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
