/** By which rules alerts fire: everybody's with their conditions, a tenant's policy, its own. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns } from "@ecp/ui/layout/Page";
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { secondsOf } from "@ecp/ui/time/spell";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect, Switch } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, demoOf, headersOf, hooks, useGiven } from "../../ask";
import { conditionOf, policyCall } from "./alerts";
import classes from "./alerts.module.css";
import { Backtest } from "./Backtest";
import { OwnRules } from "./OwnRules";
import { useT } from "./words";

const VIEW = { preset: "default", tenant: "" };
export interface Known {
  readonly rules: readonly {
    readonly rule: string;
    readonly name: string;
    readonly metric?: string | null;
    readonly when?: string | null;
  }[];
  readonly presets: Readonly<Record<string, Presets>>;
  readonly metrics: Readonly<Record<string, string>>;
  readonly pushed: string;
}
type Presets = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

export function Rules() {
  const t = useT();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const rules = hooks.useQuery("get", "/api/v1/alerts/rules", given, { staleTime: 60_000 });
  const tenants = hooks.useQuery("get", "/api/v1/tenants/", {
    ...given,
    params: { query: { limit: 500 } },
  });
  const names = (tenants.data?.tenants ?? []).map((one) => String(one.tenant_id));
  const tenant = names.includes(view.tenant) ? view.tenant : (names[0] ?? "");
  return (
    <>
      <AskedPanel title={t("rules")} ask={rules}>
        {(data) => {
          const known = data as unknown as Known;
          return (
            <>
              <NativeSelect
                size="xs"
                w={180}
                mb="xs"
                label={t("rules.preset")}
                value={view.preset}
                onChange={(change) => setView({ preset: change.currentTarget.value })}
                data={Object.keys(known.presets)}
              />
              <Conditions known={known} preset={view.preset} />
            </>
          );
        }}
      </AskedPanel>
      {tenant === "" ? (
        <Panel title={t("policy")}>
          <Empty say={t("policy.none")} sample="ecp tenant create acme --callbot 10" />
        </Panel>
      ) : (
        <>
          <NativeSelect
            size="xs"
            w={240}
            mb="sm"
            label={t("policy.of")}
            value={tenant}
            onChange={(change) => setView({ tenant: change.currentTarget.value })}
            data={names}
          />
          <Columns>
            <PolicyOf key={`p-${tenant}`} tenant={tenant} />
            <OwnRules key={`o-${tenant}`} tenant={tenant} />
          </Columns>
          <Backtest key={`b-${tenant}`} tenant={tenant} />
        </>
      )}
    </>
  );
}

function Conditions({ known, preset }: { known: Known; preset: string }) {
  const t = useT();
  const f = useFormat();
  const limits = known.presets[preset] ?? {};
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("rule")}</th>
            <th>{t("rules.when")}</th>
          </tr>
        </thead>
        <tbody>
          {known.rules.map((one) => {
            const own = one.metric ? limits[one.metric] : undefined;
            return (
              <tr key={one.rule}>
                <td>
                  {one.name} <code className="dim">{one.rule}</code>
                </td>
                <td>
                  <Condition
                    text={one.metric ? conditionOf(one.metric, own) : one.when}
                    code={Boolean(one.metric) || one.rule === "burn_rate"}
                  />{" "}
                  {own?.for && (
                    <span className="dim">
                      {t("rules.for", { for: f.duration(secondsOf(String(own.for))) })}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What holds for a tenant, and who says how soon answers are to come. */
interface Told {
  readonly preset: string;
  readonly off: readonly string[];
  readonly thresholds: Readonly<Record<string, { readonly warning: number }>>;
  readonly response_time_from: "contract" | "profile" | "preset";
}

function Condition({ text, code }: { text: string | null | undefined; code: boolean }) {
  const t = useT();
  if (!text) return <span className="dim">{t("rules.none")}</span>;
  return code ? <code>{text}</code> : text;
}

function PolicyOf({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const path = `/api/v1/alerts/policies/${tenant}`;
  const params = { path: { tenant_id: tenant } };
  const asked = hooks.useQuery("get", "/api/v1/alerts/policies/{tenant_id}", { ...given, params });
  const rules = hooks.useQuery("get", "/api/v1/alerts/rules", given, { staleTime: 60_000 });
  const known = rules.data as unknown as Known | undefined;
  const [changed, setChanged] = useState<{ preset?: string; off?: readonly string[] }>({});
  return (
    <AskedPanel title={`${t("policy")}: ${tenant}`} ask={asked}>
      {(data) => {
        const held = { preset: String(data.preset), off: (data.off ?? []) as string[], ...changed };
        const body = { preset: held.preset, off: [...held.off] };
        const told = data as unknown as Told;
        const answers = told.thresholds.response_time;
        return (
          <>
            <p className={classes.say}>{t("policy.say")}</p>
            <NativeSelect
              size="xs"
              w={180}
              label={t("policy.preset")}
              value={held.preset}
              onChange={(change) => setChanged({ ...changed, preset: change.currentTarget.value })}
              data={Object.keys(known?.presets ?? { [held.preset]: {} })}
            />
            {answers && held.preset === told.preset && (
              <p className={classes.say} data-answers={told.response_time_from}>
                {t(`policy.answers.${told.response_time_from}`, {
                  limit: f.measure(answers.warning, "millisecond"),
                })}
              </p>
            )}
            <div className={classes.switches}>
              {(known?.rules ?? []).map((one) => (
                <Switch
                  key={one.rule}
                  size="xs"
                  label={one.name}
                  checked={!held.off.includes(one.rule)}
                  onChange={(change) =>
                    setChanged({
                      ...changed,
                      off: change.currentTarget.checked
                        ? held.off.filter((name) => name !== one.rule)
                        : [...held.off, one.rule],
                    })
                  }
                />
              ))}
            </div>
            <Mutation
              label={t("policy.save")}
              name="save-policy"
              disabled={Object.keys(changed).length === 0}
              cli={policyCall(tenant, held.preset, told.off, held.off) + demoOf(given)}
              curl={curl("PUT", path, body, headersOf(given))}
              run={async () => {
                const { error } = await atOrchestrator.PUT("/api/v1/alerts/policies/{tenant_id}", {
                  params,
                  body,
                });
                if (error) throw error;
                setChanged({});
                await asked.refetch();
              }}
            />
          </>
        );
      }}
    </AskedPanel>
  );
}
