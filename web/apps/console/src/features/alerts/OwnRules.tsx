/** A tenant's own rules: conditions over its figures, business metrics too. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { secondsOf } from "@ecp/ui/time/spell";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, demoOf, headersOf, hooks, useGiven } from "../../ask";
import { KINDS, SEVERITIES, type Severity, severityOf } from "./alerts";
import classes from "./alerts.module.css";
import type { Known } from "./Rules";
import { useT } from "./words";

const HELD = ["1m", "5m", "15m", "1h"];
const NEW = {
  alert_name: "",
  condition: "cpu_usage > 85 OR memory_usage > 90",
  duration: "5m",
  severity: "warning" as Severity,
  tell: "",
};

export function OwnRules({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const params = { path: { tenant_id: tenant } };
  const path = `/api/v1/tenants/${tenant}/alerts`;
  const asked = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}/alerts", { ...given, params });
  const rules = hooks.useQuery("get", "/api/v1/alerts/rules", given, { staleTime: 60_000 });
  const known = rules.data as unknown as Known | undefined;
  const [held, setHeld] = useState(NEW);
  const set = (change: Partial<typeof NEW>) => setHeld((old) => ({ ...old, ...change }));
  const { tell, ...rest } = held;
  const body = { ...rest, actions: tell ? [tell] : [] };
  return (
    <AskedPanel title={`${t("own")}: ${tenant}`} ask={asked}>
      {({ rules: own = [] }) => (
        <>
          <p className={classes.say}>
            {t("own.say", {
              metrics: Object.keys(known?.metrics ?? {}).join(", "),
              pushed: known?.pushed ?? "",
            })}
          </p>
          {own.length === 0 && <Empty say={t("own.none")} />}
          <ul className={classes.routes}>
            {own.map((one) => (
              <li key={one.alert_name} className={classes.routeHead}>
                <b>{one.alert_name}</b>
                <code>{one.condition}</code>
                <span className="dim">
                  {t("rules.for", { for: f.duration(secondsOf(String(one.duration))) })} ·{" "}
                  {t(`severity.${severityOf(one.severity)}`)}
                </span>
                <span className={classes.buttons}>
                  <Mutation
                    label={t("own.delete")}
                    name="delete-rule"
                    danger
                    confirm={String(one.alert_name)}
                    cli={`ecp alerts remove-rule ${tenant} ${quoted(String(one.alert_name))}${demoOf(given)}`}
                    curl={curl(
                      "DELETE",
                      `${path}/${encodeURIComponent(String(one.alert_name))}`,
                      undefined,
                      headersOf(given),
                    )}
                    run={async () => {
                      const { error } = await atOrchestrator.DELETE(
                        "/api/v1/tenants/{tenant_id}/alerts/{alert_name}",
                        {
                          params: {
                            path: { tenant_id: tenant, alert_name: String(one.alert_name) },
                          },
                        },
                      );
                      if (error) throw error;
                      await asked.refetch();
                    }}
                  />
                </span>
              </li>
            ))}
          </ul>
          <div className={classes.form}>
            <TextInput
              size="xs"
              label={t("own.name")}
              value={held.alert_name}
              onChange={(change) => set({ alert_name: change.currentTarget.value })}
            />
            <TextInput
              size="xs"
              className={classes.wide ?? ""}
              label={t("own.condition")}
              value={held.condition}
              onChange={(change) => set({ condition: change.currentTarget.value })}
            />
            <NativeSelect
              size="xs"
              label={t("own.for")}
              value={held.duration}
              onChange={(change) => set({ duration: change.currentTarget.value })}
              data={HELD.map((value) => ({ value, label: f.duration(secondsOf(value)) }))}
            />
            <NativeSelect
              size="xs"
              label={t("severity")}
              value={held.severity}
              onChange={(change) => set({ severity: severityOf(change.currentTarget.value) })}
              data={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))}
            />
            <NativeSelect
              size="xs"
              label={t("own.tell")}
              value={held.tell}
              onChange={(change) => set({ tell: change.currentTarget.value })}
              data={[{ value: "", label: t("own.tell.nobody") }, ...KINDS]}
            />
            <Mutation
              label={t("own.add")}
              name="add-rule"
              disabled={held.alert_name.trim() === "" || held.condition.trim() === ""}
              cli={`ecp alerts add-rule ${tenant} ${quoted(held.alert_name)} --condition ${quoted(held.condition)} --for ${held.duration} --severity ${held.severity}${tell ? ` --tell ${tell}` : ""}${demoOf(given)}`}
              curl={curl("POST", path, body, headersOf(given))}
              run={async () => {
                const { error } = await atOrchestrator.POST("/api/v1/tenants/{tenant_id}/alerts", {
                  params,
                  body: body as never,
                });
                if (error) throw error;
                setHeld(NEW);
                await asked.refetch();
              }}
            />
          </div>
        </>
      )}
    </AskedPanel>
  );
}
