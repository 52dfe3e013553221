/** What a deploy of the last valid manifest would change, asked of the server before it is done. */
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { Changes, Counts } from "../../changes/Changes";
import { useNext } from "../../changes/useNext";
import { DeployButton } from "../../tenant/DeployButton";
import classes from "./releases.module.css";
import { useT } from "./words";

export function Next({ tenant }: { tenant: string }) {
  const t = useT();
  const asked = useNext(tenant);
  return (
    <AskedPanel title={t("next")} ask={asked} aside={<DeployButton tenant={tenant} />}>
      {(data) => (
        <div className={classes.next} data-next>
          <span className={classes.line}>
            <Counts of={data.counts} />
            <small className="dim">{t("next.asked")}</small>
          </span>
          {data.differs ? (
            <Changes of={data.objects} />
          ) : (
            <p className={classes.same}>{t("next.same")}</p>
          )}
        </div>
      )}
    </AskedPanel>
  );
}
