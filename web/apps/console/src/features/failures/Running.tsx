/** Failures that are under way, with what is left of them; ended one by one, or all at once. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import classes from "./failures.module.css";
import type { Failure } from "./types";
import { useT } from "./words";

function demoOf(given: { headers: Record<string, string> }): string {
  return given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
}

/** The kill switch. */
export function EndAll({ onDone }: { onDone: () => Promise<unknown> }) {
  const t = useT();
  const given = useGiven();
  return (
    <Mutation
      name="end-all"
      label={t("end.all")}
      danger
      confirm={t("end.all.word")}
      cli={`ecp fault stop --all${demoOf(given) && " --cluster demo"}`}
      curl={curl("DELETE", "/api/v1/simulator/failures", undefined, headersOf(given))}
      run={async () => {
        const { error } = await atOrchestrator.DELETE("/api/v1/simulator/failures");
        if (error) throw error;
        await onDone();
      }}
    />
  );
}

export function EndOne({ failure, onDone }: { failure: Failure; onDone: () => Promise<unknown> }) {
  const t = useT();
  const given = useGiven();
  const tenant = failure.tenants[0] ?? "";
  const path = `/api/v1/simulator/failures/${tenant}/${failure.id}`;
  return (
    <Mutation
      name="end"
      label={t("end")}
      danger
      cli={`ecp fault stop ${failure.id} --tenant ${tenant}${demoOf(given)}`}
      curl={curl("DELETE", path, undefined, headersOf(given))}
      run={async () => {
        const { error } = await atOrchestrator.DELETE(
          "/api/v1/simulator/failures/{tenant_id}/{injection_id}",
          { params: { path: { tenant_id: tenant, injection_id: failure.id } } },
        );
        if (error) throw error;
        await onDone();
      }}
    />
  );
}

export function Running({
  failures,
  now,
  onDone,
}: {
  failures: readonly Failure[];
  /** The cluster's time of the list, ms: what is left is counted from then. */
  now: number;
  onDone: () => Promise<unknown>;
}) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel title={t("running")} flush>
      <ul className={classes.rows}>
        {failures.map((one) => (
          <li key={one.id}>
            <StatusBadge state={one.state === "planned" ? "planned" : "progressing"} />
            <Link
              to="/failures/$injection"
              params={{ injection: one.id } as never}
              search={{ tenant: one.tenants[0] ?? "" } as never}
            >
              {one.title}
            </Link>
            <span className="mono">{one.targets.join(", ")}</span>
            <span className="dim">{one.tenants.join(", ")}</span>
            <span className="dim">{said(one)}</span>
            {one.tenants.length > 0 && <EndOne failure={one} onDone={onDone} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
  function said(one: Failure): string {
    if (one.state === "planned") return t("begins", { at: f.instant(one.planned_for) });
    if (!one.until) return t("endless");
    return t("ends", { left: f.duration(Math.max(0, (Date.parse(one.until) - now) / 1000)) });
  }
}
