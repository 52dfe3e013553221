/** Which manifest is rehearsed: the one that a deploy would send now, which after a roll-back is not what runs. */
import { Link } from "@tanstack/react-router";
import { Counts } from "../../changes/Changes";
import { useNext } from "../../changes/useNext";
import classes from "./rehearsals.module.css";
import { useT } from "./words";

export function Sent({ tenant }: { tenant: string }) {
  const t = useT();
  const { data } = useNext(tenant);
  return (
    <p className={classes.note} data-sent={data ? String(data.differs) : undefined}>
      {t("sent")}{" "}
      {data?.differs && (
        <>
          <strong>{t("sent.differs")}</strong> <Counts of={data.counts} />{" "}
          <Link to="/tenants/$tenant/releases" params={{ tenant } as never}>
            {t("sent.what")}
          </Link>
        </>
      )}
    </p>
  );
}
