/** How the first release of a new tenant goes, wave by wave, until it is up. */
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { hooks, useGiven } from "../../ask";
import { useT as useConsoleT } from "../../texts/texts";
import { VIEW } from "./choice";
import type { StepProps } from "./Wizard";
import classes from "./wizard.module.css";
import { useT } from "./words";

const EVERY_MS = 1500;
const WAVES = ["foundation", "infrastructure", "support", "main", "edge", "prune"] as const;
const ENDED = ["stalled", "failed", "superseded", "rolled_back"];

export function Progress({ choice, choose }: StepProps) {
  const t = useT();
  const c = useConsoleT();
  const f = useFormat();
  const status = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/deployment-status",
    { ...useGiven(), params: { path: { tenant_id: choice.id } } },
    { refetchInterval: (query) => (query.state.data?.started ? false : EVERY_MS) },
  );
  return (
    <AskedPanel title={t("deploying", { tenant: choice.id })} ask={status} rows={6}>
      {(data) => (
        <div data-progress={data.started ? "up" : data.phase}>
          <p className={classes.aside} role="status">
            <StatusBadge state={data.started ? "up" : data.phase} />
            <span className={classes.bar} aria-hidden>
              <span style={{ width: `${data.progress ?? 0}%` }} />
            </span>
            <b>{f.percent(data.progress, 0)}</b>
            {data.started && <b>{t("up", { tenant: choice.id })}</b>}
            {ENDED.includes(data.phase ?? "") && <span>{t("failed")}</span>}
            {!data.started && data.estimated_completion ? (
              <span className="dim">
                {t("expected", { at: f.instant(String(data.estimated_completion)) })}
              </span>
            ) : null}
          </p>
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("wave")}</th>
                <th>{t("state")}</th>
                <th data-numeric>{t("sent")}</th>
                <th data-numeric>{t("ready_pods")}</th>
              </tr>
            </thead>
            <tbody>
              {(data.waves ?? []).map((row) => {
                const known = WAVES.find((one) => one === row.wave);
                return (
                  <tr key={row.wave}>
                    <td>{known ? c(`wave.${known}`) : row.wave}</td>
                    <td>
                      {/* Sent, and its pods are not ready yet. */}
                      <StatusBadge state={row.state === "waiting" ? "progressing" : row.state} />
                    </td>
                    <td data-numeric>
                      {row.applied} / {row.objects}
                    </td>
                    <td data-numeric>{row.desired ? `${row.ready} / ${row.desired}` : "–"}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <p className={classes.aside}>
            <Link to="/releases/$release" params={{ release: choice.release } as never}>
              {t("to.release", { release: choice.release })}
            </Link>
            <Link
              to={"/tenants/$tenant/startup" as never}
              params={{ tenant: choice.id } as never}
              data-to="startup"
            >
              {t("to.startup")}
            </Link>
            <Link to="/tenants/$tenant" params={{ tenant: choice.id } as never}>
              {t("to.tenant")}
            </Link>
            <Button variant="subtle" onClick={() => choose({ ...VIEW })}>
              {t("again")}
            </Button>
          </p>
        </div>
      )}
    </AskedPanel>
  );
}
