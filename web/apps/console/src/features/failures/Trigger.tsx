/** The form of a failure, made from its parameters in the catalogue; live once its reach is known. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBolt, IconRepeat } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { Aim } from "./Aim";
import { Fields } from "./Fields";
import classes from "./failures.module.css";
import {
  bodyOf,
  cliOf,
  counted,
  lineOf,
  onceOf,
  repeatedBody,
  type Wish,
  wrongs,
  wrongWith,
} from "./form";
import { Reach } from "./Reach";
import type { Reach as Found, Kind } from "./types";
import { useT } from "./words";

const PAUSE_MS = 400;
const BEGINS = ["5m", "30m", "2h"];
const MODES = ["one", "all", "fixed", "fixed-percent", "random-max-percent"] as const;
const SELECTED = new Set(["workload", "pod", "node"]);

export function Trigger({
  kind,
  tenants,
  tenant,
  onTenant,
  onDone,
  onRepeated,
}: {
  kind: Kind;
  tenants: readonly string[];
  tenant: string;
  onTenant: (tenant: string) => void;
  /** Told the id of what was brought about. */
  onDone: (id: string, tenant: string) => Promise<unknown>;
  /** Told that it is begun again and again from now on. */
  onRepeated: () => Promise<unknown>;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [wish, setWish] = useState<Omit<Wish, "tenant">>({
    target: "",
    labels: "",
    mode: kind.mode,
    value: "",
    duration: "",
    begin: "",
    every: "",
    lasts: "",
    only: true,
    most: "",
    abort: "",
    parameters: {},
  });
  const listed = kind.target === "workload";
  const [byLabels, setByLabels] = useState(false);
  const change = (part: Partial<Wish>) => setWish((old) => ({ ...old, ...part }));
  const full: Wish = { ...wish, labels: byLabels ? wish.labels : "", tenant };
  const wrong = wrongs(full);
  const say = (field: keyof Wish) => {
    const found = wrong[field];
    return found ? t(`wrong.${found.key}`, { ...found }) : undefined;
  };
  const complete =
    tenant !== "" &&
    !(byLabels && !wish.labels) &&
    Object.keys(wrong).length === 0 &&
    Object.entries(kind.inputs).every(
      ([name, input]) => wrongWith(input, wish.parameters[name] ?? String(input.default)) === null,
    );
  const again = full.every !== "";
  // Who is chosen by chance would be another each time: no object says that.
  const aimless = again && listed && !full.target && !full.labels;
  const body = bodyOf(kind, onceOf(full));
  const [settled] = useDebouncedValue(JSON.stringify(body), PAUSE_MS);
  const path = `/api/v1/simulator/failures/${tenant}/trigger`;
  const reach = useQuery({
    queryKey: ["failures", "reach", tenant, settled, given],
    enabled: complete && settled === JSON.stringify(body),
    retry: false,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST(
        "/api/v1/simulator/failures/{tenant_id}/trigger",
        {
          params: { path: { tenant_id: tenant } },
          body: { ...JSON.parse(settled), dry_run: true } as never,
        },
      );
      if (error) throw error;
      return data as unknown as Found;
    },
  });
  const refused = wish.only && (reach.data?.tenants ?? []).some((one) => one !== tenant);
  const ready =
    complete && !refused && reach.data !== undefined && settled === JSON.stringify(body);
  const repeats = `/api/v1/simulator/failures/${tenant}/repeating`;
  return (
    <div>
      <p className={classes.note}>{kind.because[f.language]}</p>
      <h3 className={classes.part}>{t("target")}</h3>
      <div className={classes.form}>
        <NativeSelect
          size="xs"
          label={t("tenant")}
          value={tenant}
          onChange={(event) => onTenant(event.currentTarget.value)}
          data={[...tenants]}
        />
        <Aim
          kind={kind}
          tenant={tenant}
          target={wish.target}
          byLabels={byLabels}
          labelled={SELECTED.has(kind.target)}
          wrong={aimless && t("wrong.repeat-target")}
          onAim={(target, labels) => {
            setByLabels(labels);
            change({ target });
          }}
        />
        {byLabels && (
          <>
            <TextInput
              size="xs"
              label={t("labels")}
              placeholder="app=stt"
              value={wish.labels}
              error={say("labels")}
              onChange={(event) => change({ labels: event.currentTarget.value })}
            />
            <NativeSelect
              size="xs"
              label={t("mode")}
              value={wish.mode}
              onChange={(event) => change({ mode: event.currentTarget.value })}
              data={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))}
            />
            {counted(wish.mode) && (
              <TextInput
                size="xs"
                label={t("value")}
                inputMode="numeric"
                value={wish.value}
                error={say("value")}
                onChange={(event) => change({ value: event.currentTarget.value })}
              />
            )}
          </>
        )}
      </div>
      <Fields
        kind={kind}
        said={wish.parameters}
        onSay={(name, text) => change({ parameters: { ...wish.parameters, [name]: text } })}
      />
      <h3 className={classes.part}>{t("bound")}</h3>
      <div className={classes.form}>
        <TextInput
          size="xs"
          label={t("duration")}
          placeholder={kind.duration ? t("duration.own", { own: kind.duration }) : t("lasts.once")}
          value={wish.duration}
          error={say("duration")}
          onChange={(event) => change({ duration: event.currentTarget.value })}
        />
        <TextInput
          size="xs"
          data-every
          label={t("every")}
          placeholder={t("every.once")}
          value={wish.every}
          error={say("every")}
          onChange={(event) => change({ every: event.currentTarget.value })}
        />
        {again && (
          <TextInput
            size="xs"
            label={t("every.for")}
            placeholder={t("every.endless")}
            value={wish.lasts}
            error={say("lasts")}
            onChange={(event) => change({ lasts: event.currentTarget.value })}
          />
        )}
        {!again && (
          <>
            <NativeSelect
              size="xs"
              label={t("begin")}
              value={wish.begin}
              onChange={(event) => change({ begin: event.currentTarget.value })}
              data={[
                { value: "", label: t("begin.now") },
                ...BEGINS.map((after) => ({ value: `+${after}`, label: t("begin.in", { after }) })),
              ]}
            />
            <TextInput
              size="xs"
              label={t("most")}
              placeholder="50"
              inputMode="decimal"
              value={wish.most}
              error={say("most")}
              onChange={(event) => change({ most: event.currentTarget.value })}
            />
            <TextInput
              size="xs"
              label={t("abort")}
              placeholder="availability < 95 for 1m"
              value={wish.abort}
              onChange={(event) => change({ abort: event.currentTarget.value })}
            />
          </>
        )}
        <div data-wide>
          <Switch
            size="xs"
            label={t("only")}
            checked={wish.only}
            onChange={(event) => change({ only: event.currentTarget.checked })}
          />
        </div>
      </div>
      {complete && <Reach ask={reach} target={kind.target} tenant={tenant} refused={refused} />}
      <div className={classes.buttons}>
        {again ? (
          <Mutation
            name="repeat"
            label={t("repeat")}
            icon={<IconRepeat size={15} />}
            danger
            disabled={!ready || aimless}
            cli={cliOf(kind, full, given.headers["X-Demo-Mode"] === "true")}
            curl={curl("POST", repeats, repeatedBody(kind, full), headersOf(given))}
            run={async () => {
              const { error } = await atOrchestrator.POST(
                "/api/v1/simulator/failures/{tenant_id}/repeating",
                {
                  params: { path: { tenant_id: tenant } },
                  body: repeatedBody(kind, full) as never,
                },
              );
              if (error) throw error;
              await onRepeated();
            }}
          />
        ) : (
          <Mutation
            name="inject"
            label={t("inject")}
            icon={<IconBolt size={15} />}
            danger
            disabled={!ready}
            cli={cliOf(kind, full, given.headers["X-Demo-Mode"] === "true")}
            curl={curl("POST", path, body, headersOf(given))}
            run={async () => {
              const { data, error } = await atOrchestrator.POST(
                "/api/v1/simulator/failures/{tenant_id}/trigger",
                { params: { path: { tenant_id: tenant } }, body: body as never },
              );
              if (error) throw error;
              await onDone(String(data.injection_id ?? ""), tenant);
            }}
          />
        )}
        <Link
          to="/rehearsals/new"
          search={{ tenant, faults: lineOf(kind, full) } as never}
          data-do="rehearse"
        >
          {t("first")}
        </Link>
      </div>
      {again && <p className={classes.note}>{t("recurring")}</p>}
    </div>
  );
}
