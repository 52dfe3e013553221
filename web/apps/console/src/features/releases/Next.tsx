/** What a deploy of the last valid manifest would change, asked of the server before it is done. */
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { hooks, useGiven } from "../../ask";
import { DeployButton } from "../../tenant/DeployButton";
import { type Changed, Counts, Objects } from "./Objects";
import classes from "./releases.module.css";
import { useT } from "./words";

export function Next({ tenant }: { tenant: string }) {
  const t = useT();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/diff",
    { ...useGiven(), params: { path: { tenant_id: tenant } } },
    { staleTime: 30_000, retry: false },
  );
  return (
    <AskedPanel title={t("next")} ask={asked} aside={<DeployButton tenant={tenant} />}>
      {(data) => (
        <div className={classes.next} data-next>
          <span className={classes.line}>
            <Counts of={data.counts} />
            <small className="dim">{t("next.asked")}</small>
          </span>
          {data.differs ? (
            <Objects of={(data.objects ?? []) as readonly Changed[]} />
          ) : (
            <p className={classes.same}>{t("next.same")}</p>
          )}
        </div>
      )}
    </AskedPanel>
  );
}
