/** A route that is made or changed: whom to tell, how, and of what. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { useUi } from "@ecp/ui/texts/texts";
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, demoOf, headersOf, hooks, useGiven } from "../../ask";
import { KINDS, type Route, SEVERITIES } from "./alerts";
import classes from "./alerts.module.css";
import { useT } from "./words";

const HINTS: Record<string, "webhook" | "email" | "slack" | "apprise"> = {
  email: "email",
  slack: "slack",
  apprise: "apprise",
};
const FLAGS = ["resolved", "simulated", "enabled"] as const;
const NEW: Omit<Route, "id"> = {
  name: "",
  kind: "webhook",
  target: "",
  tenant_id: "",
  rule: "",
  severity: "warning",
  language: "ko",
  simulated: false,
  resolved: true,
  enabled: true,
};

export function RouteForm({
  route,
  onDone,
  onCancel,
}: {
  /** None: a new one. */
  route?: Route;
  onDone: () => Promise<void>;
  onCancel: () => void;
}) {
  const t = useT();
  const u = useUi();
  const given = useGiven();
  const [held, setHeld] = useState({ ...NEW, ...route, target: "" });
  const set = (change: Partial<typeof held>) => setHeld((old) => ({ ...old, ...change }));
  const rules = hooks.useQuery("get", "/api/v1/alerts/rules", given, { staleTime: 60_000 });
  const tenants = hooks.useQuery("get", "/api/v1/tenants/", {
    ...given,
    params: { query: { limit: 500 } },
  });
  const { id: _, ...fields } = { id: 0, ...held };
  const body = Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => name in NEW && (name !== "target" || value)),
  );
  const demo = demoOf(given);
  const flags = [
    held.tenant_id && ` --tenant ${held.tenant_id}`,
    held.rule && ` --rule ${quoted(held.rule)}`,
    ` --severity ${held.severity} --language ${held.language}`,
    held.simulated && " --simulated",
    !held.resolved && " --not-resolved",
    !held.enabled && " --disabled",
  ];
  const path = route ? `/api/v1/alerts/routes/${route.id}` : "/api/v1/alerts/routes";
  // A shell keeps what is typed: the secret does not go into the command.
  const shown = { ...body, ...(body.target ? { target: "env:NAME" } : {}) };
  return (
    <div className={classes.panel} data-route-form>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          label={t("route.name")}
          data-field="name"
          value={held.name}
          onChange={(change) => set({ name: change.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          label={t("route.kind")}
          value={held.kind}
          onChange={(change) => set({ kind: change.currentTarget.value })}
          data={[...KINDS]}
        />
        <TextInput
          size="xs"
          label={t("route.target")}
          data-field="target"
          autoComplete="off"
          description={`${t(`route.target.${HINTS[held.kind] ?? "webhook"}`)} ${route ? t("route.target.kept") : ""}`}
          value={held.target}
          onChange={(change) => set({ target: change.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          label={t("route.of")}
          value={held.tenant_id}
          onChange={(change) => set({ tenant_id: change.currentTarget.value })}
          data={[
            { value: "", label: t("route.of.all") },
            ...(tenants.data?.tenants ?? []).map((one) => String(one.tenant_id)),
          ]}
        />
        <NativeSelect
          size="xs"
          label={t("route.rule")}
          value={held.rule}
          onChange={(change) => set({ rule: change.currentTarget.value })}
          data={[
            { value: "", label: t("route.rule.all") },
            ...(rules.data?.rules ?? []).map((one) => ({
              value: String(one.rule),
              label: String(one.name),
            })),
            // One of a tenant's own is not among these.
            ...(held.rule.startsWith("custom:") ? [held.rule] : []),
          ]}
        />
        <NativeSelect
          size="xs"
          label={t("route.from")}
          value={held.severity}
          onChange={(change) => set({ severity: change.currentTarget.value })}
          data={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))}
        />
        <NativeSelect
          size="xs"
          label={t("route.language")}
          value={held.language}
          onChange={(change) => set({ language: change.currentTarget.value })}
          data={[
            { value: "ko", label: "한국어" },
            { value: "en", label: "English" },
          ]}
        />
        <div className={classes.flags}>
          {FLAGS.map((name) => (
            <Switch
              key={name}
              size="xs"
              label={t(`route.${name}`)}
              checked={held[name]}
              onChange={(change) => set({ [name]: change.currentTarget.checked })}
            />
          ))}
        </div>
      </div>
      <p className={classes.say}>{t("route.target.env")}</p>
      <div className={classes.buttons}>
        <Mutation
          label={route ? t("route.save") : t("route.add")}
          name="save-route"
          primary
          disabled={held.name.trim() === "" || (!route && held.target.trim() === "")}
          cli={
            route
              ? `ecp alerts set-route ${route.id} --name ${quoted(held.name)} --kind ${held.kind}${body.target ? " --target env:NAME" : ""} --tenant ${quoted(held.tenant_id)} --rule ${quoted(held.rule)} --severity ${held.severity} --language ${held.language} ${held.simulated ? "--simulated" : "--not-simulated"} ${held.resolved ? "--resolved" : "--not-resolved"} ${held.enabled ? "--enabled" : "--disabled"}${demo}`
              : `ecp alerts add-route ${quoted(held.name)} --kind ${held.kind} --target env:NAME${flags.filter(Boolean).join("")}${demo}`
          }
          curl={curl(route ? "PUT" : "POST", path, shown, headersOf(given))}
          run={async () => {
            const { error } = route
              ? await atOrchestrator.PUT("/api/v1/alerts/routes/{route_id}", {
                  params: { path: { route_id: route.id } },
                  body: body as never,
                })
              : await atOrchestrator.POST("/api/v1/alerts/routes", { body: body as never });
            if (error) throw error;
            await onDone();
          }}
        />
        <Button variant="default" onClick={onCancel}>
          {u("cancel")}
        </Button>
      </div>
    </div>
  );
}
