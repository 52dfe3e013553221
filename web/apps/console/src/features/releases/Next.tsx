/** What a deploy of the last valid manifest would change, asked of the server before it is done. */
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { Changes, Counts } from "../../changes/Changes";
import { Refused, refusal } from "../../changes/Refused";
import { useNext } from "../../changes/useNext";
import { DeployNext } from "../../tenant/DeployNext";
import classes from "./releases.module.css";
import { useT } from "./words";

const BROKEN = { allow_broken: true };

export function Next({ tenant }: { tenant: string }) {
  const t = useT();
  const asked = useNext(tenant);
  const findings = refusal(asked.error);
  // What would change is worth knowing of one that is refused as it stands, too.
  const anyway = useNext(tenant, BROKEN, findings !== null);
  return (
    <AskedPanel
      title={t("next")}
      ask={findings ? anyway : asked}
      aside={<DeployNext tenant={tenant} />}
    >
      {(data) => (
        <div className={classes.next} data-next>
          {findings && <Refused tenant={tenant} findings={findings} />}
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
