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
import { useCauseName } from "./Causes";
import { bars, decimals, said, worst } from "./figures";
import classes from "./rehearsals.module.css";
import type { Run, Runs, Summary } from "./types";
import { useT } from "./words";

const SHOWN = 8;

export function Distribution({
  id,
  told,
  summary,
}: {
  id: number;
  told: Runs;
  /** Of the first variant, once all runs are made. */
  summary: Summary | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const first = told.variants[0];
  const own = useMemo(
    () => told.runs.filter((run) => run.variant === first?.name),
    [told.runs, first],
  );
  const found = told.forecasts.find((one) => one.variant === first?.name);
  const target = first?.target ?? 100;
  const all = useMemo(() => said(own), [own]);
  const seen = bars(own.flatMap((run) => (run.availability === null ? [] : [run.availability])));
  const down = bars(own.map((run) => run.down_seconds / 60));
  if (!found) return <Empty say={t("distribution.none")} />;
  const budget = found.allowed_seconds ?? 0;
  const interval = (low: string, high: string) =>
    own.length > 1 ? t("of.interval", { low, high }) : t("of.one");
  const missed = t("of.missed", { target: f.number(target, 3) });
  const lost = (name: string, seconds: number | null, note?: string) => ({
    name,
    value: f.duration(seconds),
    note: note ?? t("of.budget", { budget: f.duration(budget) }),
    bad: (seconds ?? 0) > budget,
  });
  const { kept, availability, left_seconds: left } = found;
  const figures = [
    {
      name: t("of.kept", { target: f.number(target, 3) }),
      value: f.percent(100 * kept.value, 1),
      note: (
        <>
          {t("of.kept.runs", { hits: f.number(kept.hits), runs: f.number(found.runs) })}
          <br />
          {interval(f.percent(100 * kept.low, 1), f.percent(100 * kept.high, 1))}
        </>
      ),
      bad: kept.value < 0.95,
    },
    {
      name: t("of.availability"),
      value: f.percent(availability?.value, 3),
      note:
        availability &&
        interval(f.percent(availability.low, 3), f.percent(Math.min(100, availability.high), 3)),
      bad: (availability?.value ?? 0) < target,
    },
    {
      name: t("of.left"),
      value: f.duration(left?.value),
      note: left && (
        <>
          {t("of.budget", { budget: f.duration(budget) })}
          <br />
          {interval(f.duration(left.low), f.duration(left.high))}
        </>
      ),
      bad: (left?.value ?? 0) < 0,
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
      <Figures of={figures} />
      {own.length > 1 && (
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
      )}
      <Panel title={t("worst")} flush>
        <Worst id={id} runs={worst(own, SHOWN)} budget={budget} />
      </Panel>
    </>
  );
}

function Worst({ id, runs, budget }: { id: number; runs: readonly Run[]; budget: number }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const named = useCauseName();
  const navigate = useNavigate();
  return (
    <div className={classes.scroll} tabIndex={0} role="group" aria-label={t("worst")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("seed")}</th>
            <th>{t("availability")}</th>
            <th>{t("down")}</th>
            <th>{t("causes")}</th>
            <td />
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
                    .map(([kind, name, seconds]) => `${named(kind, name)} ${f.duration(seconds)}`)
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
                        search: { of: id } as never,
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
