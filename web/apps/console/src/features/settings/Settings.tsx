/** The guide's settings: what holds and whence, and whether each address answers. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Page } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { useT } from "../../texts/texts";
import classes from "./settings.module.css";

const TEXT = { kind: "text" } as const;
const SWITCH = { kind: "switch" } as const;
const FIELDS = {
  deploymentMethod: { kind: "choice", of: ["k8s-simulator", "kubernetes"] },
  deploymentEndpoint: TEXT,
  simulatorUrl: TEXT,
  validationStrict: SWITCH,
  kubeconfig: TEXT,
  kubeContext: TEXT,
  clusterUrl: TEXT,
  clusterReadOnly: SWITCH,
  monitoringStack: { kind: "choice", of: ["custom"] },
  customApiEndpoint: TEXT,
  slaTarget: { kind: "number" },
  realTimeMonitoring: SWITCH,
  dataCollectionInterval: { kind: "number" },
} as const;
type Name = keyof typeof FIELDS;
type Value = string | number | boolean;
const PARTS: readonly (readonly ["kubernetes" | "monitoring", readonly Name[]])[] = [
  [
    "kubernetes",
    [
      "deploymentMethod",
      "deploymentEndpoint",
      "simulatorUrl",
      "validationStrict",
      "kubeconfig",
      "kubeContext",
      "clusterUrl",
      "clusterReadOnly",
    ],
  ],
  [
    "monitoring",
    [
      "monitoringStack",
      "customApiEndpoint",
      "slaTarget",
      "realTimeMonitoring",
      "dataCollectionInterval",
    ],
  ],
];
/** What a connection is tested with before it is saved. */
const TRIED: readonly Name[] = [
  "deploymentMethod",
  "deploymentEndpoint",
  "simulatorUrl",
  "customApiEndpoint",
  "kubeconfig",
  "kubeContext",
  "clusterUrl",
];

interface Tried {
  readonly setting?: string;
  readonly ok?: boolean;
  readonly message?: string;
  readonly remedy?: string | null;
}

export default function Settings() {
  const t = useT();
  const given = useGiven();
  const queries = useQueryClient();
  const stored = hooks.useQuery("get", "/api/v1/settings", given);
  const effective = hooks.useQuery("get", "/api/v1/settings/effective", given);
  const [changed, setChanged] = useState<Partial<Record<Name, Value>>>({});
  const [tried, setTried] = useState<readonly Tried[] | null>(null);
  return (
    <Page title={t("settings.title")} ask={stored}>
      {(data) => {
        const held = { ...(data as Record<Name, Value>), ...changed };
        const body = Object.fromEntries(
          (Object.keys(FIELDS) as Name[]).map((name) => [name, held[name]]),
        );
        const connections = Object.fromEntries(TRIED.map((name) => [name, held[name]]));
        const set = (name: Name, value: Value) => setChanged((old) => ({ ...old, [name]: value }));
        return (
          <>
            <Columns>
              {PARTS.map(([part, names]) => (
                <Panel key={part} title={t(`settings.${part}`)}>
                  <div className={classes.fields}>
                    {names.map((name) => {
                      const whence = effective.data?.settings?.find((one) => one.name === name);
                      const from =
                        whence?.source === "environment"
                          ? t("settings.from.environment", { variable: whence.variable ?? "" })
                          : t(
                              whence?.source === "stored"
                                ? "settings.from.stored"
                                : "settings.from.default",
                            );
                      return (
                        <Field
                          key={name}
                          name={name}
                          label={t(`settings.${name}`)}
                          from={from}
                          value={held[name]}
                          onChange={(value) => set(name, value)}
                        />
                      );
                    })}
                  </div>
                </Panel>
              ))}
            </Columns>
            <div className={classes.actions}>
              <Mutation
                label={t("settings.save")}
                primary
                disabled={Object.keys(changed).length === 0}
                cli={null}
                curl={curl("PUT", "/api/v1/settings", body, headersOf(given))}
                run={async () => {
                  const { error } = await atOrchestrator.PUT("/api/v1/settings", {
                    body: body as never,
                  });
                  if (error) throw error;
                  setChanged({});
                  await queries.invalidateQueries();
                }}
              />
              <Mutation
                name="test"
                label={t("settings.test")}
                cli={null}
                curl={curl(
                  "POST",
                  "/api/v1/settings/test-connection",
                  connections,
                  headersOf(given),
                )}
                run={async () => {
                  const { data: found, error } = await atOrchestrator.POST(
                    "/api/v1/settings/test-connection",
                    { body: connections as never },
                  );
                  if (error) throw error;
                  setTried((found.connections ?? []) as readonly Tried[]);
                }}
              />
            </div>
            <Panel title={t("settings.connections")}>
              {tried === null ? (
                <Empty say={t("settings.connections.none")} />
              ) : (
                <ul className={classes.tried} data-tried>
                  {tried.map((one) => (
                    <li key={one.setting}>
                      <StatusBadge state={one.ok ? "up" : "unreachable"} />
                      <span>
                        {one.setting && one.setting in FIELDS
                          ? t(`settings.${one.setting as Name}`)
                          : one.setting}
                      </span>
                      <span>
                        {one.message}
                        {one.remedy && <div>→ {one.remedy}</div>}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
            </Panel>
          </>
        );
      }}
    </Page>
  );
}

function Field({
  name,
  label,
  from,
  value,
  onChange,
}: {
  name: Name;
  label: string;
  /** Whence the value in force is. */
  from: string;
  value: Value;
  onChange: (value: Value) => void;
}) {
  const field = FIELDS[name];
  const shared = { size: "xs", label, description: from } as const;
  if (field.kind === "switch")
    return (
      <Switch
        {...shared}
        checked={value === true}
        onChange={(change) => onChange(change.currentTarget.checked)}
      />
    );
  if (field.kind === "choice")
    return (
      <NativeSelect
        {...shared}
        value={String(value)}
        onChange={(change) => onChange(change.currentTarget.value)}
        data={[...field.of]}
      />
    );
  if (field.kind === "number")
    return <NumberInput {...shared} value={Number(value)} onChange={onChange} hideControls />;
  return (
    <TextInput
      {...shared}
      value={String(value ?? "")}
      onChange={(change) => onChange(change.currentTarget.value)}
    />
  );
}
