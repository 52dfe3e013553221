/** How far the closed minutes of tenants are behind their cluster. */
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useQueries } from "@tanstack/react-query";
import { atSimulator, EVERY_MS, hooks } from "../../ask";
import { useCluster } from "../../clock/useCluster";
import classes from "./system.module.css";
import { useT } from "./words";

const MOST = 20;

interface Minutes {
  readonly newest?: number;
  readonly minutes?: readonly { readonly minute: string }[];
  readonly clock?: { readonly now: string };
}

export function Ingest() {
  const t = useT();
  const f = useFormat();
  const [cluster] = useCluster();
  const all = hooks.useQuery("get", "/api/v1/clusters/{name}/tenants", {
    params: { path: { name: cluster } },
  });
  const names = ((all.data?.tenants ?? []) as unknown as { tenant: string }[])
    .map((one) => one.tenant)
    .slice(0, MOST);
  const rows = useQueries({
    queries: names.map((tenant) => ({
      queryKey: ["ingest", cluster, tenant],
      refetchInterval: EVERY_MS * 2,
      queryFn: async () => {
        const ask = async (since: number): Promise<Minutes> => {
          const { data, error } = await atSimulator.GET(
            "/api/v1/clusters/{name}/tenants/{tenant}/minutes",
            {
              params: {
                path: { name: cluster, tenant },
                query: { since, limit: 1, workloads: false },
              },
            },
          );
          if (error) throw error;
          return data as unknown as Minutes;
        };
        const newest = (await ask(Number.MAX_SAFE_INTEGER)).newest ?? 0;
        const last = newest > 0 ? await ask(newest - 1) : {};
        const minute = last.minutes?.[0]?.minute ?? null;
        // A minute is closed a minute after its name.
        const ended = minute === null ? null : Date.parse(minute) + 60_000;
        const now = Date.parse(last.clock?.now ?? "");
        return { tenant, minute, lag: ended === null ? null : (now - ended) / 1000 };
      },
    })),
    combine: (answers) => answers.flatMap((answer) => (answer.data ? [answer.data] : [])),
  });
  return (
    <AskedPanel title={`${t("ingest")} · ${cluster}`} ask={all}>
      {() =>
        names.length === 0 ? (
          <Empty say={t("ingest.none")} />
        ) : (
          <table className={classes.table}>
            <thead>
              <tr>
                <th>{t("tenant")}</th>
                <th>{t("ingest.newest")}</th>
                <th>{t("ingest.lag")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.tenant}>
                  <td>{row.tenant}</td>
                  <td>{f.instant(row.minute)}</td>
                  <td>{f.duration(row.lag)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )
      }
    </AskedPanel>
  );
}
