/** Windows of planned maintenance: what is announced, whether it counts, one more, one back. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { iso } from "@ecp/ui/time/range";
import { instantAt } from "@ecp/ui/time/zones";
import { useFormat } from "@ecp/ui/view/format";
import { Group, TextInput } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import classes from "./sla.module.css";
import { useT } from "./words";

const EMPTY = { start: "", end: "", reason: "" };

export function Maintenance({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [typed, setTyped] = useState(EMPTY);
  const asked = hooks.useQuery("get", "/api/v1/simulator/sla/{tenant_id}/maintenance", {
    ...given,
    params: { path: { tenant_id: tenant } },
  });
  const headers = headersOf(given);
  const demo = headers["X-Demo-Mode"] ? " --demo" : "";
  const path = `/api/v1/simulator/sla/${encodeURIComponent(tenant)}/maintenance`;
  const [start, end] = [typed.start, typed.end].map((text) => instantAt(f.zone, text.trim()));
  const fits = typeof start === "number" && typeof end === "number" && start < end;
  const body = {
    start: fits ? iso(start) : "START",
    end: fits ? iso(end) : "END",
    reason: typed.reason,
  };
  return (
    <AskedPanel title={t("maintenance")} ask={asked}>
      {(data) => (
        <>
          <p className={classes.notice}>
            {t("maintenance.terms", {
              notice: f.duration(data.terms?.notice_seconds),
              cap: f.duration(data.terms?.monthly_cap_seconds),
            })}
          </p>
          {(data.windows ?? []).length === 0 && <p>{t("maintenance.none")}</p>}
          {(data.windows ?? []).map((one) => (
            <div key={one.id} className={classes.window}>
              <span>
                {f.instant(one.start)} – {f.instant(one.end)}
              </span>
              <StatusBadge
                state={one.counts ? "meeting" : "at_risk"}
                word={t(one.counts ? "maintenance.counts" : "maintenance.not")}
              />
              <span>
                {one.reason} <small className="dim">{one.explanation}</small>
              </span>
              <Mutation
                name="take-back"
                label={t("maintenance.remove")}
                cli={`ecp maintenance delete ${tenant} ${one.id}${demo}`}
                curl={curl(
                  "DELETE",
                  `${path}/${encodeURIComponent(one.id ?? "")}`,
                  undefined,
                  headers,
                )}
                run={async () => {
                  const { error } = await atOrchestrator.DELETE(
                    "/api/v1/simulator/sla/{tenant_id}/maintenance/{window_id}",
                    { params: { path: { tenant_id: tenant, window_id: one.id ?? "" } } },
                  );
                  if (error) throw error;
                  await asked.refetch();
                }}
              />
            </div>
          ))}
          <Group gap="sm" align="end" mt="sm" data-print="no">
            {(["start", "end", "reason"] as const).map((name) => (
              <TextInput
                key={name}
                size="xs"
                w={name === "reason" ? 200 : 160}
                label={`${t(`maintenance.${name}`)}${name === "reason" ? "" : `, ${f.zoneName}`}`}
                placeholder={name === "reason" ? "" : "2026-01-05 09:00"}
                value={typed[name]}
                onChange={(change) => setTyped({ ...typed, [name]: change.currentTarget.value })}
              />
            ))}
            <Mutation
              name="announce"
              label={t("maintenance.add")}
              disabled={!fits || typed.reason.trim() === ""}
              cli={`ecp maintenance create ${tenant} --start ${body.start} --end ${body.end} --reason ${quoted(body.reason)}${demo}`}
              curl={curl("POST", path, body, headers)}
              run={async () => {
                const { error } = await atOrchestrator.POST(
                  "/api/v1/simulator/sla/{tenant_id}/maintenance",
                  { params: { path: { tenant_id: tenant } }, body: { ...body } as never },
                );
                if (error) throw error;
                setTyped(EMPTY);
                await asked.refetch();
              }}
            />
          </Group>
          {typed.start && typed.end && !fits && (
            <p className="dim">{t("maintenance.bad", { zone: f.zoneName })}</p>
          )}
        </>
      )}
    </AskedPanel>
  );
}
