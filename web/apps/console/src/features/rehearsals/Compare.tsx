/** Two rehearsals beside one another: runs of the same seed in pairs, so that luck falls out. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures, Page } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { differing } from "./differing";
import classes from "./rehearsals.module.css";
import { Same } from "./Same";
import { Forecast } from "./State";
import type { Against, Row } from "./types";
import { useAgainst, useRehearsals } from "./useRehearsals";
import { useT } from "./words";

const VIEW = { first: 0, second: 0 };

export default function Compare() {
  const t = useT();
  const all = useRehearsals();
  const [view, setView] = useView(VIEW);
  const done = all.rows.filter((row) => row.state === "done");
  const chooser = (field: "first" | "second") => (
    <NativeSelect
      size="xs"
      label={t(field)}
      data-choose={field}
      value={String(view[field])}
      onChange={(event) => setView({ [field]: Number(event.currentTarget.value) })}
      data={[
        { value: "0", label: "–" },
        ...done.map((row: Row) => ({
          value: String(row.rehearsal_id),
          label: `#${row.rehearsal_id} ${row.name} (${row.progress.runs})`,
        })),
      ]}
    />
  );
  return (
    <Page title={t("compare")} badge={<Forecast />} ask={all}>
      {() =>
        done.length < 2 && !view.first && !view.second ? (
          <Empty
            say={t("compare.few")}
            action={<Link to="/rehearsals/new">{t("new")}</Link>}
            sample="ecp rehearse examples/scenarios/node-lost.yaml --runs 20"
          />
        ) : (
          <>
            <div className={classes.choose}>
              {chooser("first")}
              {chooser("second")}
            </div>
            {!view.first || !view.second ? (
              <Empty say={t("compare.choose")} />
            ) : view.first === view.second ? (
              <Empty say={t("compare.same")} />
            ) : (
              <Both first={view.first} second={view.second} />
            )}
          </>
        )
      }
    </Page>
  );
}

function Both({ first, second }: { first: number; second: number }) {
  const asked = useAgainst(first, second);
  return (
    <Answer ask={{ data: asked.data, error: asked.error, refetch: asked.refetch }}>
      {(found) => (
        <>
          <Same told={found} />
          <Difference told={found} />
        </>
      )}
    </Answer>
  );
}

function Difference({ told }: { told: Against }) {
  const t = useT();
  const f = useFormat();
  const { difference, pairs } = told;
  const inputs = differing(told.first, told.second);
  const points = (value: number | undefined) => t("compare.points", { points: f.number(value, 3) });
  const clear = difference !== null && difference.low * difference.high > 0 && pairs.length > 1;
  const of = t("compare.of", { runs: f.number(pairs.length) });
  if (!difference) return <Empty say={t("compare.none")} />;
  return (
    <>
      <Figures
        of={[
          {
            name: t("compare.difference"),
            value: points(difference.mean),
            note: `${f.number(difference.low, 3)} … ${f.number(difference.high, 3)} · ${t(clear ? "compare.clear" : "compare.unclear")}`,
            bad: difference.mean < 0,
          },
          { name: t("compare.better"), value: f.number(told.better), note: of },
          {
            name: t("compare.worse"),
            value: f.number(told.worse),
            note: of,
            bad: told.worse > told.better,
          },
          { name: t("compare.same-runs"), value: f.number(told.same), note: of },
        ]}
      />
      <Panel title={t("compare.inputs")} flush>
        {inputs.length === 0 ? (
          <Empty say={t("compare.no-inputs")} />
        ) : (
          <div className={classes.scroll}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <td />
                  <th>{t("first")}</th>
                  <th>{t("second")}</th>
                </tr>
              </thead>
              <tbody>
                {inputs.map((row) => (
                  <tr key={row.field}>
                    <td className="mono">{row.field}</td>
                    <td>{row.first}</td>
                    <td>{row.second}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <Panel title={t("compare.pairs")} flush>
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("seed")}</th>
                <th>{t("first")}</th>
                <th>{t("second")}</th>
                <th>{t("compare.difference")}</th>
              </tr>
            </thead>
            <tbody>
              {pairs.map((row) => (
                <tr key={row.seed}>
                  <td>{row.seed}</td>
                  <td>{f.percent(row.first, 3)}</td>
                  <td>{f.percent(row.second, 3)}</td>
                  <td data-bad={row.difference < 0 || undefined}>{points(row.difference)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}
