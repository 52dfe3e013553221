/** Whose promise is in danger, and why, in a sentence: the incident that cost most, and its cause. */
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import classes from "./home.module.css";
import type { Standing } from "./tour";
import { useT } from "./words";

const MOST = 5;

interface Incident {
  readonly started_at: string;
  readonly detected_at?: string | null;
  readonly duration_seconds: number;
}

export function Danger({ tenants }: { tenants: readonly Standing[] }) {
  const t = useT();
  return (
    <Panel title={t("danger.why")}>
      {tenants.length === 0 ? (
        <p className={classes.well}>
          <IconCircleCheck size={16} aria-hidden /> {t("danger.all")}
        </p>
      ) : (
        <ul className={classes.danger} data-danger>
          {tenants.slice(0, MOST).map((one) => (
            <One key={one.tenant_id} tenant={one.tenant_id ?? ""} status={one.sla?.status} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function One({ tenant, status }: { tenant: string; status: string | null | undefined }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const path = { tenant_id: tenant };
  const analysis = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/analysis",
    { ...given, params: { path, query: { period: "24h" } } },
    { refetchInterval: EVERY_MS * 2 },
  );
  const incidents = (analysis.data?.incidents ?? []) as readonly Incident[];
  const worst = [...incidents].sort((a, b) => b.duration_seconds - a.duration_seconds)[0];
  const slot = worst?.detected_at ?? worst?.started_at ?? "";
  const why = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/why",
    { ...given, params: { path, query: { slot } } },
    { enabled: slot !== "", staleTime: 60_000, retry: false },
  );
  return (
    <li>
      <StatusBadge state={status} />
      <Link to="/tenants/$tenant/sla" params={{ tenant } as never}>
        {tenant}
      </Link>
      <div>
        {worst ? (
          <>
            <b>
              {t("danger.down", {
                down: f.duration(worst.duration_seconds),
                at: f.clock(worst.started_at, true),
              })}
            </b>{" "}
            {(why.data as { sentence?: string } | undefined)?.sentence}
          </>
        ) : (
          analysis.data && t("danger.untold")
        )}
      </div>
    </li>
  );
}
