/** One alert: its causes, what became of it, whom it was told, where it leads, what can be done. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { secondsOf } from "@ecp/ui/time/spell";
import { type Format, useFormat } from "@ecp/ui/view/format";
import { NativeSelect, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { type Alert, EVENTS, SEVERITY_STATES, severityOf } from "./alerts";
import classes from "./alerts.module.css";
import { DeliveryLine } from "./DeliveryLine";
import { RuleName } from "./RuleName";
import { useT } from "./words";

/** A text of the service with its instants as the reader writes them; one that is only an instant says
 * of which minute's figures the judgement is. */
function instants(text: string, f: Format, t: ReturnType<typeof useT>): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return t("timeline.of", { at: f.instant(text) });
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, (at) => f.instant(at));
}

const HOURS = ["30m", "2h", "8h", "24h", "72h"];

export function AlertView({ id, onChange }: { id: number; onChange: () => void }) {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/alerts/{alert_id}",
    { ...given, params: { path: { alert_id: id } } },
    // While the drawer closes there is none any more.
    { refetchInterval: EVERY_MS, enabled: id > 0 },
  );
  return (
    <Answer ask={asked}>
      {(data) => (
        <One
          alert={data as unknown as Alert}
          onChange={async () => {
            await asked.refetch();
            onChange();
          }}
        />
      )}
    </Answer>
  );
}

function One({ alert, onChange }: { alert: Alert; onChange: () => Promise<void> }) {
  const t = useT();
  const f = useFormat();
  const severity = severityOf(alert.severity);
  const rows = [
    [t("tenant"), alert.tenant_id],
    [t("rule"), <RuleName key="rule" rule={alert.rule} subject={alert.subject ?? ""} />],
    [
      t("severity"),
      <StatusBadge
        key="severity"
        state={SEVERITY_STATES[severity]}
        word={t(`severity.${severity}`)}
      />,
    ],
    [t("state"), <StatusBadge key="state" state={alert.state} />],
    [t("began"), f.instant(alert.began_at)],
    [t("fired"), f.instant(alert.fired_at)],
    [t("acknowledged"), `${f.instant(alert.acknowledged_at)} ${alert.acknowledged_by ?? ""}`],
    [t("resolved"), f.instant(alert.resolved_at)],
  ] as const;
  const history = alert.history ?? [];
  const deliveries = alert.deliveries ?? [];
  return (
    <div className={classes.one}>
      <h3>{t("why")}</h3>
      <ol className={classes.why}>
        {(alert.why?.[f.language] ?? []).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{t("leads")}</h3>
      <Leads alert={alert} />
      {alert.state !== "resolved" && <Do alert={alert} onChange={onChange} />}
      <h3>{t("timeline")}</h3>
      <ol className={classes.timeline}>
        {history.map((event) => {
          const what = EVENTS.find((one) => one === event.what);
          return (
            <li key={event.id}>
              <span className="dim">{f.instant(event.at)}</span>
              <b>{what ? t(`event.${what}`) : event.what}</b>
              <span>{[event.who, instants(event.detail, f, t)].filter(Boolean).join(" · ")}</span>
            </li>
          );
        })}
      </ol>
      <h3>{t("told")}</h3>
      {deliveries.length ? (
        <ul className={classes.timeline}>
          {deliveries.map((one) => (
            <DeliveryLine key={one.id} delivery={one} />
          ))}
        </ul>
      ) : (
        <p className="dim">{t("told.none")}</p>
      )}
    </div>
  );
}

function Leads({ alert }: { alert: Alert }) {
  const t = useT();
  const to = { tenant: alert.tenant_id } as never;
  return (
    <p className={classes.leads}>
      <Link to="/tenants/$tenant" params={to}>
        {alert.tenant_id}
      </Link>
      <Link to="/tenants/$tenant/sla" params={to}>
        {t("leads.sla")}
      </Link>
      <Link to="/tenants/$tenant/releases" params={to}>
        {t("leads.releases")}
      </Link>
      <Link to={"/failures" as never} search={{ tenant: alert.tenant_id } as never}>
        {t("leads.failures")}
      </Link>
    </p>
  );
}

function Do({ alert, onChange }: { alert: Alert; onChange: () => Promise<void> }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const [who, setWho] = useState("operator");
  const [note, setNote] = useState("");
  const [why, setWhy] = useState("");
  const [hours, setHours] = useState("2h");
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const taken = { who: who.trim() || "operator", note };
  // Of a tenant's own rules only this one.
  const rule = alert.rule === "custom" ? `custom:${alert.subject ?? "*"}` : alert.rule;
  const matchers: Record<string, string> = { tenant_id: alert.tenant_id, rule };
  const silence = { matchers, duration: hours, why };
  return (
    <>
      <h3>{t("do")}</h3>
      {alert.state !== "acknowledged" && (
        <div className={classes.form}>
          <TextInput
            size="xs"
            label={t("who")}
            value={who}
            onChange={(change) => setWho(change.currentTarget.value)}
          />
          <TextInput
            size="xs"
            label={t("note")}
            value={note}
            onChange={(change) => setNote(change.currentTarget.value)}
          />
          <Mutation
            label={t("ack")}
            name="ack"
            primary
            cli={`ecp alerts ack ${alert.id} --who ${quoted(taken.who)}${note && ` --note ${quoted(note)}`}${demo}`}
            curl={curl("POST", `/api/v1/alerts/${alert.id}/acknowledge`, taken, headersOf(given))}
            run={async () => {
              const { error } = await atOrchestrator.POST("/api/v1/alerts/{alert_id}/acknowledge", {
                params: { path: { alert_id: alert.id } },
                body: taken,
              });
              if (error) throw error;
              await onChange();
            }}
          />
        </div>
      )}
      <div className={classes.form}>
        <TextInput
          size="xs"
          label={t("silence.why")}
          value={why}
          onChange={(change) => setWhy(change.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          label={t("silence.for")}
          value={hours}
          onChange={(change) => setHours(change.currentTarget.value)}
          data={HOURS.map((value) => ({ value, label: f.duration(secondsOf(value)) }))}
        />
        <Mutation
          label={t("silence")}
          name="silence"
          disabled={why.trim() === ""}
          cli={`ecp alerts silence --tenant ${alert.tenant_id} --rule ${quoted(rule)} --for ${hours} --why ${quoted(why)}${demo}`}
          curl={curl("POST", "/api/v1/alerts/silences", silence, headersOf(given))}
          run={async () => {
            const { error } = await atOrchestrator.POST("/api/v1/alerts/silences", {
              body: silence,
            });
            if (error) throw error;
            await onChange();
          }}
        />
      </div>
    </>
  );
}
