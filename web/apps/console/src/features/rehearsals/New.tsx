/** A scenario before it is rehearsed: a form for the usual, the text for all of it, what it costs. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Figures } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, NativeSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { Editor } from "../../editor/Editor";
import { Axes } from "./Axes";
import { FormFields } from "./FormFields";
import { gridOf, type Has, NOTHING, readAxes, spelt } from "./grid";
import { judgedBy } from "./judged";
import { findingsOf, wrongWith } from "./refused";
import classes from "./rehearsals.module.css";
import { Sent } from "./Sent";
import { Forecast } from "./State";
import { claimOf, type Form, written } from "./scenario";
import { tenantOf } from "./tenant";
import type { Checked, Sample } from "./types";
import { useT } from "./words";

const VIEW = { sample: "", tenant: "", faults: "", runs: 1, seed: 0, assumptions: false, axes: "" };
const PAUSE_MS = 700;
const PATH = "/api/v1/rehearsals";

export default function New() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const navigate = useNavigate();
  const [view, setView] = useView(VIEW);
  const asked = hooks.useQuery("get", "/api/v1/rehearsals/samples", given, {
    staleTime: Number.POSITIVE_INFINITY,
  });
  const samples = (asked.data?.samples ?? []) as unknown as readonly Sample[];
  const known = useTenants();
  const tenants = known ?? NOBODY;
  const [form, setForm] = useState<Omit<Form, "hypotheses"> & { hypotheses?: string }>({
    name: "rehearsal",
    tenant: view.tenant,
    live: "",
    length: "24h",
    faults: view.faults,
    luck: false,
    seed: 0,
  });
  const [text, setText] = useState("");
  const own = useRef("");
  const sample = samples.find((one) => one.name === view.sample);
  // Of a sample that is on its way no form is shown, and none is written.
  const sampled = sample !== undefined || (view.sample !== "" && asked.isPending);
  const filled = useMemo<Form>(() => {
    // Of who asks for none, one that runs: a draft has nothing that broke yet.
    const usual = tenants.find((one) => one.released) ?? tenants[0];
    const tenant = form.tenant || (usual?.id ?? "");
    const promise = tenants.find((one) => one.id === tenant)?.promise;
    return { ...form, tenant, hypotheses: form.hypotheses ?? claimOf(promise) };
  }, [form, tenants]);
  const made = sample?.scenario ?? (filled.tenant && !sampled ? written(filled) : "");
  useEffect(() => {
    // What somebody wrote by hand is not written over.
    const before = own.current;
    own.current = made;
    setText((now) => (now === before ? made : now));
  }, [made]);
  const byHand = text !== made;
  const axes = useMemo(() => readAxes(view.axes), [view.axes]);
  const gridMade = useMemo(() => gridOf(axes), [axes]);
  const [grid, setGrid] = useState(gridMade);
  const ownGrid = useRef(gridMade);
  useEffect(() => {
    const before = ownGrid.current;
    ownGrid.current = gridMade;
    setGrid((now) => (now === before ? gridMade : now));
  }, [gridMade]);
  const writes = axes.length === 0 || gridMade !== "";
  const body = {
    scenario: text,
    runs: view.runs,
    ...(grid.trim() ? { grid } : {}),
    ...(view.seed ? { seed: view.seed } : {}),
    ...(view.assumptions ? { assumptions: true } : {}),
  };
  const [settled] = useDebouncedValue(JSON.stringify(body), PAUSE_MS);
  const checked = useQuery({
    queryKey: ["rehearsals", "check", settled, given],
    enabled: text.trim() !== "" && settled === JSON.stringify(body),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST("/api/v1/rehearsals/check", {
        body: JSON.parse(settled) as never,
      });
      if (error) throw error;
      return data as unknown as Checked;
    },
  });
  const fresh = settled === JSON.stringify(body) && !checked.isPlaceholderData;
  const findings = useMemo(() => findingsOf(checked.error), [checked.error]);
  const wrong = useMemo(
    () => (fresh ? wrongWith(checked.error, byHand ? "" : text) : {}),
    [fresh, checked.error, byHand, text],
  );
  const of = (source: string) => findings.filter((one) => one.source === source);
  const [first] = checked.data?.variants ?? [];
  const rehearsed = sample ? tenantOf(first) : filled.tenant;
  const there = useHas(tenants.find((one) => one.id === rehearsed)?.id);
  const units = first?.demand?.units;
  const has = useMemo(
    // Who asks is what the scenario says, which need not be what the tenant was made for.
    () => there && (units ? { ...there, services: units } : there),
    [there, units],
  );
  const promise = first?.demand && { target: first.target, contract: first.demand.contract };
  const bad = !writes || (fresh && Boolean(checked.error));
  const ready = writes && fresh && checked.data !== undefined && !checked.error;
  const judged = bad ? "bad" : ready ? "good" : "checking";
  return (
    <>
      <div className={classes.head}>
        <h1>{t("new")}</h1>
        <Forecast />
        <div className={classes.actions}>
          <NativeSelect
            size="xs"
            aria-label={t("samples")}
            value={sample ? sample.name : ""}
            onChange={(event) => {
              const chosen = samples.find((one) => one.name === event.currentTarget.value);
              own.current = text;
              setView({ sample: chosen?.name ?? "", runs: chosen?.runs ?? 1 });
            }}
            data={[
              { value: "", label: `${t("samples")}: ${t("samples.form")}` },
              ...samples.map((one) => ({
                value: one.name,
                label: one.title[f.language] ?? one.name,
              })),
            ]}
          />
        </div>
      </div>
      <p className={classes.say}>{t("forecast.say")}</p>
      <div className={classes.columns}>
        <div>
          <Panel title={t("form")}>
            <FormFields
              form={filled}
              wrong={wrong}
              tenants={known?.map((one) => one.id)}
              scenarioToo={!sampled}
              onForm={(change) => setForm((old) => ({ ...old, ...change }))}
              runs={view.runs}
              seed={view.seed}
              assumptions={view.assumptions}
              onView={setView}
            />
            {!sampled && tenants.some((one) => one.released && one.id === filled.tenant) && (
              <Sent tenant={filled.tenant} />
            )}
            {byHand && text.trim() !== "" && (
              <p className={classes.note}>
                {t("form.hand")}{" "}
                <Button size="compact-xs" variant="default" onClick={() => setText(made)}>
                  {t("form.write")}
                </Button>
              </p>
            )}
          </Panel>
          <Estimate checked={checked.error ? undefined : checked.data} />
          {promise && !checked.error && (
            <p className={classes.say} data-contract>
              {t("contract")}: {f.percent(promise.target, 3)}, {judgedBy(promise.contract, t, f)}
            </p>
          )}
        </div>
        <Panel
          title={t("scenario")}
          flush
          aside={
            text.trim() !== "" && (
              <StatusBadge
                state={{ checking: "unknown", good: "up", bad: "failed" }[judged]}
                word={t(judged)}
              />
            )
          }
        >
          <div className={classes.editor}>
            <Editor
              label={t("scenario")}
              text={text}
              findings={of("scenario.yaml")}
              onChange={setText}
            />
          </div>
          {checked.error && fresh ? <ProblemView error={checked.error} /> : null}
        </Panel>
      </div>
      <Axes
        axes={axes}
        has={first || checked.error ? has : undefined}
        text={grid}
        made={gridMade}
        runs={view.runs}
        findings={of("grid.yaml")}
        onAxes={(next) => setView({ axes: spelt(next) })}
        onText={setGrid}
      />
      <div className={classes.buttons}>
        <Mutation
          name="rehearse"
          label={t("begin")}
          primary
          disabled={!ready}
          cli={`ecp rehearse scenario.yaml${grid.trim() ? " --grid grid.yaml" : ""}${view.runs > 1 ? ` --runs ${view.runs}` : ""}${view.seed ? ` --seed ${view.seed}` : ""}${view.assumptions ? " --assumptions" : ""}`}
          curl={curl("POST", PATH, body, headersOf(given))}
          run={async () => {
            const { data, error } = await atOrchestrator.POST(PATH, { body: body as never });
            if (error) throw error;
            await navigate({
              to: "/rehearsals/$rehearsal",
              params: { rehearsal: String(data.rehearsal_id) } as never,
            });
          }}
        />
      </div>
    </>
  );
}

function Estimate({ checked }: { checked: Checked | undefined }) {
  const t = useT();
  const f = useFormat();
  const { estimate } = checked ?? {};
  return (
    <Figures
      of={[
        {
          name: t("estimate.runs"),
          value: f.number(checked?.runs),
          note: checked && t("estimate.each", { length: f.duration(checked.variants[0]?.seconds) }),
        },
        {
          name: t("estimate.simulated"),
          value: f.duration(checked?.simulated_seconds),
          note:
            checked &&
            t("estimate.at", { count: f.number(Math.min(checked.at_a_time, checked.runs)) }),
        },
        {
          name: t("estimate.takes"),
          value: f.duration(estimate && Math.max(1, estimate.seconds)),
          note: estimate
            ? t("estimate.range", {
                low: f.duration(Math.max(1, estimate.low_seconds)),
                high: f.duration(Math.max(1, estimate.high_seconds)),
                count: estimate.from_rehearsals,
              })
            : checked && t("estimate.unknown"),
        },
      ]}
    />
  );
}

interface Kept {
  readonly id: string;
  readonly promise: number | undefined;
  readonly released: boolean;
}

const NOBODY: readonly Kept[] = [];

/** What a tenant has, as its demand comes to it; undefined: it is asked for. */
function useHas(tenant: string | undefined): Has | undefined {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}",
    { ...given, params: { path: { tenant_id: tenant ?? "" } } },
    { enabled: Boolean(tenant) },
  );
  return useMemo(() => {
    if (!asked.data) return tenant && !asked.error ? undefined : NOTHING;
    const { service_requirements, resources } = asked.data as unknown as {
      service_requirements: Record<string, number>;
      resources: { workloads: readonly { workload: string; replicas: number }[] };
    };
    return {
      services: service_requirements,
      replicas: Object.fromEntries(resources.workloads.map((row) => [row.workload, row.replicas])),
    };
  }, [asked.data, asked.error, tenant]);
}

/** The tenants that can be rehearsed, and what each is promised; undefined: they are asked for. */
function useTenants(): readonly Kept[] | undefined {
  const given = useGiven();
  const asked = hooks.useQuery("get", "/api/v1/tenants/", {
    ...given,
    params: { query: { limit: 1000 } },
  });
  return useMemo(
    () =>
      asked.data?.tenants?.flatMap((one): Kept[] =>
        one.tenant_id
          ? [
              {
                id: one.tenant_id,
                promise: one.sla_target?.availability as number | undefined,
                released: Boolean(one.deployment_id),
              },
            ]
          : [],
      ),
    [asked.data],
  );
}
