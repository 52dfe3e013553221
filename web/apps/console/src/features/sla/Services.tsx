/** What each service kept of its time and its requests, where somebody can say it. */
import { Answer } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { hooks, useGiven } from "../../ask";
import type { Asked } from "./asked";
import classes from "./sla.module.css";
import type { Levels } from "./statement";
import { useT } from "./words";

export function Services({ tenant, query }: { tenant: string; query: Asked }) {
  const t = useT();
  const given = useGiven();
  const ask = hooks.useQuery(
    "get",
    "/api/v1/simulator/sla/{tenant_id}/levels",
    { ...given, params: { path: { tenant_id: tenant }, query } },
    { staleTime: 60_000, refetchInterval: 60_000 },
  );
  return (
    <>
      <h3 className={classes.sub}>{t("services")}</h3>
      <Answer ask={ask}>{(data) => <Rows of={data as unknown as Levels} />}</Answer>
    </>
  );
}

/** The rows of what the API tells, who lost most first. */
export function Rows({ of }: { of: Levels }) {
  const t = useT();
  const f = useFormat();
  if (of.services.length === 0)
    return (
      <p className={classes.note}>
        {t(of.services_source === null ? "service.away" : "service.none")}
      </p>
    );
  const rows = [...of.services].sort((a, b) => b.downtime_seconds - a.downtime_seconds);
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("service.name")}</th>
          <th scope="col" data-numeric>
            {t("service.time")}
          </th>
          <th scope="col" data-numeric>
            {t("service.requests")}
          </th>
          <th scope="col" data-numeric>
            {t("share.lost")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.service}>
            <th scope="row">{one.service}</th>
            <td data-numeric>{f.percent(one.uptime_percentage, 3)}</td>
            <td data-numeric>
              {one.requests.total === 0
                ? "–"
                : f.percent((100 * one.requests.good) / one.requests.total, 3)}
            </td>
            <td data-numeric>{f.duration(one.downtime_seconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
