/** One entry of the audit log: all that is known of it, and where it leads. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import classes from "./audit.module.css";
import { clientOf, type Entry, STATES, VIEW } from "./entries";
import { useT } from "./words";

export function EntryView({ entry }: { entry: Entry }) {
  const t = useT();
  const f = useFormat();
  const [, setView] = useView(VIEW);
  const { refs, tenant_id: tenant } = entry;
  const only = (change: Partial<typeof VIEW>) => setView({ ...VIEW, ...change });
  return (
    <div className={classes.one}>
      <dl>
        <dt>{t("outcome")}</dt>
        <dd>
          <StatusBadge state={STATES[entry.outcome]} word={t(`outcome.${entry.outcome}`)} />{" "}
          {entry.code && <code>{entry.code}</code>}
        </dd>
        <dt>{t("at")}</dt>
        <dd>{f.instant(entry.at)}</dd>
        <dt>{t("actor")}</dt>
        <dd>
          {entry.actor}
          <small>{t(`from.${entry.actor_from}`)}</small>
        </dd>
        {entry.method && (
          <>
            <dt>{t("address")}</dt>
            <dd className="mono">{entry.address}</dd>
            <dt>{t("client")}</dt>
            <dd title={entry.user_agent}>{clientOf(entry.user_agent) || "–"}</dd>
          </>
        )}
        <dt>{t("target")}</dt>
        <dd>
          {entry.target_name ?? "–"}{" "}
          <span className={entry.target === "kubernetes" ? classes.real : "dim"}>
            {entry.target === "kubernetes" ? t("target.real") : t("target.simulated")}
          </span>
        </dd>
        {entry.method && (
          <>
            <dt>{t("call")}</dt>
            <dd className="mono">
              {entry.method} {entry.route} ({entry.action})
            </dd>
            <dt>{t("status")}</dt>
            <dd>
              {entry.status} · {f.number(entry.duration_ms, 1)} ms
            </dd>
            <dt>{t("request")}</dt>
            <dd className="mono">{entry.request_id}</dd>
          </>
        )}
      </dl>
      {(tenant || refs.alert_id) && <h3>{t("leads")}</h3>}
      <div className={classes.leads}>
        {tenant && entry.action !== "tenant.delete" && (
          <Link to="/tenants/$tenant" params={{ tenant } as never}>
            {tenant}
          </Link>
        )}
        {refs.deployment_id && (
          <Link to="/releases/$release" params={{ release: refs.deployment_id } as never}>
            {t("leads.release", { id: refs.deployment_id })}
          </Link>
        )}
        {refs.alert_id && (
          <Link to="/alerts" search={{ state: "all", alert: Number(refs.alert_id) } as never}>
            {t("leads.alert", { id: refs.alert_id })}
          </Link>
        )}
        {tenant && refs.injection_id && (
          <Link to={`/failures/${refs.injection_id}` as never}>
            {t("leads.failure", { id: refs.injection_id })}
          </Link>
        )}
      </div>
      <div className={classes.leads}>
        {tenant && (
          <Button variant="default" onClick={() => only({ tenant })}>
            {t("same")}
          </Button>
        )}
        <Button variant="default" onClick={() => only({ actor: entry.actor })}>
          {t("same.actor")}
        </Button>
      </div>
    </div>
  );
}
