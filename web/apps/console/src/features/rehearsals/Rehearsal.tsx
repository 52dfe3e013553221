/** One rehearsal or campaign: how far it is, what it forecasts, what that rests on. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { atOrchestrator, demoOf, headersOf, useGiven } from "../../ask";
import { OfWorst, Repeat, Vary } from "./Again";
import { Assumptions } from "./Assumptions";
import { Distribution } from "./Distribution";
import { Grounds } from "./Grounds";
import { Rests } from "./Rests";
import classes from "./rehearsals.module.css";
import { Repeated } from "./Same";
import { Single } from "./Single";
import { AT_WORK, State, Verdict } from "./State";
import { Summaries } from "./Summaries";
import type { Report, Row } from "./types";
import { useCourse, useRehearsal, useReport, useRuns } from "./useRehearsals";
import { useT } from "./words";

const FORMS = { rehearsal: ["html", "json", "junit", "text"], campaign: ["json", "text"] } as const;
const VIEW = { of: 0 };
const ENDINGS = { html: "html", json: "json", junit: "xml", text: "txt" };

export default function Rehearsal() {
  const t = useT();
  const { rehearsal = "" } = useParams({ strict: false }) as { rehearsal?: string };
  // They are numbered: no other address can be one.
  if (/^[1-9]\d{0,14}$/.test(rehearsal)) return <One id={Number(rehearsal)} />;
  return (
    <Page title={rehearsal} ask={{ data: null, error: null, refetch: () => null }}>
      {() => <Empty say={t("unknown")} action={<Link to="/rehearsals">{t("title")}</Link>} />}
    </Page>
  );
}

function One({ id }: { id: number }) {
  const t = useT();
  const f = useFormat();
  const [view] = useView(VIEW);
  const one = useRehearsal(id);
  const { row } = one;
  const done = row?.state === "done";
  const runs = useRuns(id, row?.progress.done ?? 0, row?.state ?? "");
  const report = useReport(id, done);
  return (
    <Page
      title={row?.name ?? String(id)}
      badge={
        <>
          {row && <State row={row} />}
          {row?.verdict && <Verdict row={row} />}
          <LiveBadge live={liveOf(one)} />
        </>
      }
      actions={row && <Actions row={row} refresh={one.refetch} />}
      ask={{ data: row, error: one.error, refetch: one.refetch }}
    >
      {(found) => (
        <>
          <p className={classes.say}>{t("forecast.say")}</p>
          {AT_WORK.has(found.state) && (
            <div className={classes.progress}>
              <progress
                max={1}
                value={found.progress.share}
                aria-label={t("progress")}
                data-progress={found.progress.share}
              />
              <span>
                {t("progress.of", { done: found.progress.done, runs: found.progress.runs })} ·{" "}
                {f.percent(100 * found.progress.share, 0)}
              </span>
            </div>
          )}
          {found.detail && <p className={classes.detail}>{found.detail}</p>}
          {view.of > 0 && view.of !== id && <Repeated id={id} of={view.of} done={done} />}
          <Answer ask={runs}>
            {(told) => (
              <>
                <Grounds row={found} told={told} />
                {found.kind === "campaign" ? (
                  <>
                    <Distribution id={id} told={told} summary={report.data?.variants?.[0]} />
                    {report.data?.variants && (
                      <Summaries variants={report.data.variants} given={told.variants} />
                    )}
                    {done && <OfWorst id={id} runs={told.runs} />}
                  </>
                ) : (
                  done && <Whole id={id} report={report.data} />
                )}
                <Assumptions told={told} />
              </>
            )}
          </Answer>
          {found.verdict?.digest && (
            <p className={classes.same}>
              {t("digest")} <code className="mono">{found.verdict.digest}</code>
            </p>
          )}
        </>
      )}
    </Page>
  );
}

/** All of a rehearsal of one run that is done. */
function Whole({ id, report }: { id: number; report: Report | undefined }) {
  const course = useCourse(id, true);
  return (
    <>
      <Answer ask={course} blocks={{ count: 3, height: 260 }}>
        {(found) => <Single course={found} />}
      </Answer>
      {report?.assumptions && (
        <Rests
          assumed={report.assumptions}
          vary={course.data && <Vary id={id} seed={course.data.seed} />}
        />
      )}
    </>
  );
}

function Actions({ row, refresh }: { row: Row; refresh: () => Promise<unknown> }) {
  const t = useT();
  const given = useGiven();
  const navigate = useNavigate();
  const params = { path: { rehearsal_id: row.rehearsal_id } };
  const base = `/api/v1/rehearsals/${row.rehearsal_id}`;
  const done = async ({ error }: { error?: unknown }) => {
    if (error) throw error;
    await refresh();
  };
  if (AT_WORK.has(row.state))
    return (
      <Mutation
        name="cancel"
        label={t("cancel")}
        cli={`ecp rehearsal cancel ${row.rehearsal_id}${demoOf(given)}`}
        curl={curl("POST", `${base}/cancel`, undefined, headersOf(given))}
        run={async () =>
          done(await atOrchestrator.POST("/api/v1/rehearsals/{rehearsal_id}/cancel", { params }))
        }
      />
    );
  return (
    <>
      {row.state === "done" ? (
        <>
          {FORMS[row.kind].map((form) => (
            <Download key={form} row={row} form={form} />
          ))}
          <Repeat row={row} />
          <Button
            component={Link}
            to="/rehearsals/compare"
            variant="default"
            search={{ first: row.rehearsal_id } as never}
          >
            {t("compare")}
          </Button>
        </>
      ) : (
        <Mutation
          name="resume"
          label={t("resume")}
          primary
          cli={`ecp rehearsal resume ${row.rehearsal_id}${demoOf(given)}`}
          curl={curl("POST", `${base}/resume`, undefined, headersOf(given))}
          run={async () =>
            done(await atOrchestrator.POST("/api/v1/rehearsals/{rehearsal_id}/resume", { params }))
          }
        />
      )}
      <Mutation
        name="forget"
        label={t("forget")}
        confirm={String(row.rehearsal_id)}
        cli={`ecp rehearsal delete ${row.rehearsal_id}${demoOf(given)}`}
        curl={curl("DELETE", base, undefined, headersOf(given))}
        run={async () => {
          const { error } = await atOrchestrator.DELETE("/api/v1/rehearsals/{rehearsal_id}", {
            params,
          });
          if (error) throw error;
          await navigate({ to: "/rehearsals" });
        }}
      />
    </>
  );
}

/** A report as a file: asked for as the page asks, since a plain link says neither demo nor language. */
function Download({ row, form }: { row: Row; form: keyof typeof ENDINGS }) {
  const t = useT();
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={14} />}
        aria-label={t("download", { form: form.toUpperCase() })}
        onClick={async () => {
          const { data, error: problem } = await atOrchestrator.GET(
            "/api/v1/rehearsals/{rehearsal_id}/report",
            {
              params: { path: { rehearsal_id: row.rehearsal_id }, query: { format: form } },
              parseAs: "blob",
            },
          );
          setError(problem ?? null);
          if (problem) return;
          const link = document.createElement("a");
          link.href = URL.createObjectURL(data as unknown as Blob);
          link.download = `rehearsal-${row.rehearsal_id}.${ENDINGS[form]}`;
          link.click();
          URL.revokeObjectURL(link.href);
        }}
      >
        {form.toUpperCase()}
      </Button>
      {error ? <ProblemView error={error} /> : null}
    </>
  );
}
