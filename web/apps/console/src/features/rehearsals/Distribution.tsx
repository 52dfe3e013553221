/** What the runs come to together: figures, distributions, the worst of them. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Histogram } from "@ecp/ui/charts/small";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { atOrchestrator, demoOf, headersOf, useGiven } from "../../ask";
import { bars, decimals, said, worst } from "./figures";
import classes from "./rehearsals.module.css";
import type { Run, Summary, Variant } from "./types";
import { useT } from "./words";

const SHOWN = 8;

export function Distribution({
  id,
  runs,
  variants,
  summary,
}: {
  id: number;
  runs: readonly Run[];
  variants: readonly Variant[];
  /** Of the first variant, once all runs are made. */
  summary: Summary | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const first = variants[0];
  const own = useMemo(() => runs.filter((run) => run.variant === first?.name), [runs, first]);
  const target = first?.target ?? 100;
  const all = useMemo(() => said(own, target), [own, target]);
  const seen = bars(own.flatMap((run) => (run.availability === null ? [] : [run.availability])));
  const down = bars(own.map((run) => run.down_seconds / 60));
  const budget = (1 - target / 100) * (first?.seconds ?? 0);
  if (own.length === 0) return <Empty say={t("distribution.none")} />;
  const interval = (low: number, high: number, digits: number) =>
    t("of.interval", { low: f.percent(low, digits), high: f.percent(high, digits) });
  const many = own.length > 1;
  const missed = t("of.missed", { target: f.number(target, 3) });
  const availability = {
    name: t("of.availability"),
    value: f.percent(all.mean, 3),
    note: summary?.availability
      ? interval(summary.availability.low, summary.availability.high, 3)
      : many
        ? t("of.mean", { runs: f.number(all.runs) })
        : t("of.one"),
    bad: (all.mean ?? 100) < target,
  };
  const lost = (name: string, seconds: number | null, note?: string) => ({
    name,
    value: f.duration(seconds),
    note: note ?? t("of.budget", { budget: f.duration(budget) }),
    bad: (seconds ?? 0) > budget,
  });
  const promise = { name: t("assumptions.target"), value: f.percent(target, 3) };
  const figuresOfOne = [
    availability,
    promise,
    lost(t("down"), all.most),
    { name: t("of.failures"), value: f.number(own[0]?.failures) },
  ];
  const figures = [
    availability,
    {
      name: t("of.breach", { target: f.number(target, 3) }),
      value: f.percent((100 * all.missed) / all.runs, 1),
      note: summary
        ? interval(100 * summary.breach.low, 100 * summary.breach.high, 1)
        : t("of.breach.runs", { missed: all.missed, runs: all.runs }),
      bad: all.missed > 0,
    },
    lost(t("of.p50"), all.p50),
    lost(t("of.p95"), all.p95),
    lost(t("of.worst"), all.most, `${t("seed")} ${worst(own, 1)[0]?.seed ?? "–"}`),
    ...(summary
      ? [
          {
            name: t("of.signable"),
            value: f.percent(summary.signable.target, 3),
            note:
              summary.signable.needs_runs === null
                ? t("of.signable.say")
                : t("of.signable.needs", { runs: summary.signable.needs_runs }),
          },
        ]
      : []),
  ];
  return (
    <>
      <Figures of={many ? figures : figuresOfOne} />
      {many && (
        <>
          <Columns>
            <Panel title={t("distribution")}>
              <Histogram
                label={t("distribution")}
                edges={seen.edges.map((edge) => f.number(edge, decimals(seen)))}
                counts={seen.counts}
                missed={{ bar: (index) => (seen.edges[index] ?? 100) <= target, word: missed }}
                height={130}
              />
            </Panel>
            <Panel title={t("downtime")}>
              <Histogram
                label={t("downtime")}
                edges={down.edges.map((edge) => f.number(edge, decimals(down)))}
                counts={down.counts}
                missed={{
                  bar: (index) => (down.edges[index - 1] ?? 0) * 60 >= budget && index > 0,
                  word: missed,
                }}
                height={130}
              />
            </Panel>
          </Columns>
          <Panel title={t("worst")} flush>
            <Worst id={id} runs={worst(own, SHOWN)} budget={budget} />
          </Panel>
        </>
      )}
    </>
  );
}

function Worst({ id, runs, budget }: { id: number; runs: readonly Run[]; budget: number }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const navigate = useNavigate();
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("seed")}</th>
            <th>{t("availability")}</th>
            <th>{t("down")}</th>
            <th>{t("causes")}</th>
            <th aria-label={t("again")} />
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => {
            const body = { seed: run.seed, variant: run.variant };
            return (
              <tr key={run.seed}>
                <td>{run.seed}</td>
                <td>{f.percent(run.availability, 3)}</td>
                <td data-bad={run.down_seconds > budget || undefined}>
                  {f.duration(run.down_seconds)}
                </td>
                <td>
                  {run.causes
                    .map(([, name, seconds]) => `${name} ${f.duration(seconds)}`)
                    .join(", ") || "–"}
                </td>
                <td>
                  <Mutation
                    name="again"
                    label={t("again")}
                    cli={`ecp rehearsal again ${id} --seed ${run.seed} --variant ${quoted(run.variant)}${demoOf(given)}`}
                    curl={curl("POST", `/api/v1/rehearsals/${id}/again`, body, headersOf(given))}
                    run={async () => {
                      const { data, error } = await atOrchestrator.POST(
                        "/api/v1/rehearsals/{rehearsal_id}/again",
                        { params: { path: { rehearsal_id: id } }, body },
                      );
                      if (error) throw error;
                      await navigate({
                        to: "/rehearsals/$rehearsal",
                        params: { rehearsal: String(data.rehearsal_id) } as never,
                      });
                    }}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
