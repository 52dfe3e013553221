/** What is agreed with the customer: the promise, hours, maintenance, credits; and who is told when. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Columns } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Group, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { atOrchestrator, demoOf, headersOf, hooks, useGiven } from "../../ask";
import { type Hours, hoursOf, lineOf } from "./agreed";
import classes from "./sla.module.css";
import type { Statement } from "./statement";
import { useT } from "./words";

const LEVELS = ["default", "basic", "standard", "premium", "enterprise"] as const;
const HOUR = 3600;

interface Contract {
  readonly service_hours?: Hours;
  readonly maintenance?: { notice_seconds?: number; monthly_cap_seconds?: number };
  readonly credits?: Record<string, unknown>;
  readonly response_time_ms?: number | null;
  /** By which answers are counted: a promise is one of them. */
  readonly limits?: { readonly response_time_ms: readonly number[] };
}

export function Agreement({
  tenant,
  credits,
}: {
  tenant: string;
  credits: Statement["credits"] | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const params = { ...given, params: { path: { tenant_id: tenant } } };
  const about = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}", params);
  const contract = hooks.useQuery("get", "/api/v1/simulator/sla/{tenant_id}/contract", params);
  const policy = hooks.useQuery("get", "/api/v1/alerts/policies/{tenant_id}", params);
  return (
    <Panel title={t("agreement")}>
      <Columns>
        <div>
          <Answer ask={about}>
            {(data) => (
              <Promised tenant={tenant} now={Number(data.sla_target?.availability ?? 99.5)} />
            )}
          </Answer>
          <Answer ask={policy}>
            {(data) => (
              <Level
                tenant={tenant}
                now={data.preset ?? "default"}
                off={(data.off ?? []) as readonly string[]}
              />
            )}
          </Answer>
          {credits && (
            <div className={classes.credits}>
              <h3 className={classes.sub}>{t("credits")}</h3>
              <p>
                <strong>
                  {credits.percent === null
                    ? t("credits.none")
                    : t("credits.now", { percent: f.percent(credits.percent, 0) })}
                </strong>
                {credits.amount !== null && (
                  <>
                    {" · "}
                    {t("credits.amount", {
                      amount: f.number(Number(credits.amount)),
                      currency: credits.currency,
                    })}
                  </>
                )}
              </p>
              <ul>
                {credits.lines.map((line) => (
                  <li key={line.floor_ppm} aria-current={line.applies || undefined}>
                    {t("credits.line", {
                      floor: f.percent(line.floor_ppm / 10_000, 3),
                      percent: f.percent(line.credit_percent, 0),
                    })}
                  </li>
                ))}
              </ul>
              {credits.source === "assumed" && <p className="dim">{t("credits.assumed")}</p>}
            </div>
          )}
        </div>
        <Answer ask={contract}>
          {(data) => <Terms key={JSON.stringify(data)} tenant={tenant} now={data as Contract} />}
        </Answer>
      </Columns>
    </Panel>
  );
}

function Promised({ tenant, now }: { tenant: string; now: number }) {
  const t = useT();
  const given = useGiven();
  const queries = useQueryClient();
  const [target, setTarget] = useState<number | string>(now);
  const headers = headersOf(given);
  const body = { sla_target: Number(target) };
  return (
    <Group gap="sm" align="end">
      <NumberInput
        size="xs"
        w={160}
        label={t("agreement.target")}
        min={0}
        max={99.999}
        step={0.1}
        decimalScale={4}
        value={target}
        onChange={setTarget}
      />
      <Mutation
        name="promise"
        label={t("agreement.target.save")}
        disabled={target === "" || Number(target) === now}
        cli={`ecp tenant update ${tenant} --sla ${target}${headers["X-Demo-Mode"] ? " --demo" : ""}`}
        curl={curl("PATCH", `/api/v1/tenants/${encodeURIComponent(tenant)}`, body, headers)}
        run={async () => {
          const { error } = await atOrchestrator.PATCH("/api/v1/tenants/{tenant_id}", {
            params: { path: { tenant_id: tenant } },
            body,
          });
          if (error) throw error;
          await queries.invalidateQueries();
        }}
      />
    </Group>
  );
}

function Level({ tenant, now, off }: { tenant: string; now: string; off: readonly string[] }) {
  const t = useT();
  const given = useGiven();
  const queries = useQueryClient();
  const [preset, setPreset] = useState(now);
  const body = { preset, off: [...off] };
  return (
    <Group gap="sm" align="end" mt="sm">
      <NativeSelect
        size="xs"
        w={160}
        label={t("agreement.level")}
        value={preset}
        onChange={(change) => setPreset(change.currentTarget.value)}
        data={LEVELS.map((value) => ({ value, label: t(`level.${value}`) }))}
      />
      <Mutation
        name="level"
        label={t("agreement.level.save")}
        disabled={preset === now}
        cli={`ecp alerts policy ${tenant} --preset ${preset}${demoOf(given)}`}
        curl={curl(
          "PUT",
          `/api/v1/alerts/policies/${encodeURIComponent(tenant)}`,
          body,
          headersOf(given),
        )}
        run={async () => {
          const { error } = await atOrchestrator.PUT("/api/v1/alerts/policies/{tenant_id}", {
            params: { path: { tenant_id: tenant } },
            body,
          });
          if (error) throw error;
          await queries.invalidateQueries();
        }}
      />
    </Group>
  );
}

function Terms({ tenant, now }: { tenant: string; now: Contract }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const queries = useQueryClient();
  const hoursNow = (seconds: number | undefined, usual: number) => (seconds ?? usual) / HOUR;
  const [line, setLine] = useState(lineOf(now.service_hours));
  const [notice, setNotice] = useState<number | string>(
    hoursNow(now.maintenance?.notice_seconds, 24 * HOUR),
  );
  const [cap, setCap] = useState<number | string>(
    hoursNow(now.maintenance?.monthly_cap_seconds, 4 * HOUR),
  );
  const [fee, setFee] = useState(String(now.credits?.fee ?? ""));
  const [within, setWithin] = useState(String(now.response_time_ms ?? ""));
  const hours = hoursOf(line);
  const { tenant_id: _, limits, credits, ...kept } = now as Contract & { tenant_id?: string };
  const { fee: __, ...scale } = credits ?? {};
  const body = {
    ...kept,
    maintenance: {
      notice_seconds: Math.round(Number(notice) * HOUR),
      monthly_cap_seconds: Math.round(Number(cap) * HOUR),
    },
    // Without a fee the scale stays as it was agreed, if it was.
    ...(fee || Object.keys(scale).length ? { credits: { ...scale, ...(fee ? { fee } : {}) } } : {}),
    service_hours: hours ?? null,
    response_time_ms: within ? Number(within) : null,
  };
  const number = { size: "xs", w: 200, min: 0, step: 1 } as const;
  return (
    <div className={classes.terms}>
      <TextInput
        size="xs"
        label={t("agreement.hours")}
        description={t("agreement.hours.how")}
        error={hours === null && t("agreement.hours.bad")}
        value={line}
        onChange={(change) => setLine(change.currentTarget.value)}
      />
      <Group gap="sm">
        <NumberInput
          {...number}
          label={t("agreement.notice")}
          value={notice}
          onChange={setNotice}
        />
        <NumberInput {...number} label={t("agreement.cap")} value={cap} onChange={setCap} />
        <TextInput
          size="xs"
          w={200}
          label={t("agreement.fee")}
          value={fee}
          onChange={(change) => setFee(change.currentTarget.value.replace(/[^\d.]/g, ""))}
        />
        <NativeSelect
          size="xs"
          w={200}
          label={t("agreement.within")}
          value={within}
          onChange={(change) => setWithin(change.currentTarget.value)}
          data={[
            { value: "", label: t("agreement.within.none") },
            ...(limits?.response_time_ms ?? []).map((ms) => ({
              value: String(ms),
              label: f.measure(ms, "millisecond"),
            })),
          ]}
        />
      </Group>
      <Mutation
        name="agree"
        label={t("agreement.save")}
        disabled={hours === null || notice === "" || cap === ""}
        cli={`echo ${quoted(JSON.stringify(body))} | ecp slo contract ${tenant} -f -${demoOf(given)}`}
        curl={curl(
          "PUT",
          `/api/v1/simulator/sla/${encodeURIComponent(tenant)}/contract`,
          body,
          headersOf(given),
        )}
        run={async () => {
          const { error } = await atOrchestrator.PUT("/api/v1/simulator/sla/{tenant_id}/contract", {
            params: { path: { tenant_id: tenant } },
            body: body as never,
          });
          if (error) throw error;
          await queries.invalidateQueries();
        }}
      />
    </div>
  );
}
