/** Two releases of a tenant beside each other: what differs, and how each came up. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Columns, Figures } from "@ecp/ui/layout/Page";
import { Answer, AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Group, NativeSelect } from "@mantine/core";
import { hooks, useGiven } from "../../ask";
import { Changes, Counts } from "../../changes/Changes";
import type { Changed } from "../../changes/ordered";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import type { Startup } from "./gantt";
import classes from "./releases.module.css";
import { beside } from "./sides";
import { useT } from "./words";

const VIEW = { from: 0, to: 0 };

export default function Compare() {
  return (
    <TenantPage part="releases">
      <Chosen tenant={useTenant()} />
    </TenantPage>
  );
}

function Chosen({ tenant }: { tenant: string }) {
  const t = useT();
  const f = useFormat();
  const [view, setView] = useView(VIEW);
  const releases = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}/releases", {
    ...useGiven(),
    params: { path: { tenant_id: tenant }, query: { limit: 200 } },
  });
  return (
    <Answer ask={releases}>
      {(data) => {
        const known = (data.releases ?? []).map((one) => one.revision ?? 0);
        if (known.length < 2)
          return <Empty say={t("compare.none", { count: f.number(known.length) })} />;
        const to = known.includes(view.to) ? view.to : (known[0] ?? 0);
        const from = known.includes(view.from) ? view.from : (known.find((one) => one < to) ?? to);
        const choices = known.map((one) => ({ value: String(one), label: f.number(one) }));
        return (
          <>
            <Group mb="md" gap="md">
              {(["from", "to"] as const).map((side) => (
                <NativeSelect
                  key={side}
                  size="xs"
                  label={t(`compare.${side}`)}
                  value={String(side === "from" ? from : to)}
                  onChange={(change) => setView({ [side]: Number(change.currentTarget.value) })}
                  data={choices}
                />
              ))}
            </Group>
            <Two tenant={tenant} from={from} to={to} />
          </>
        );
      }}
    </Answer>
  );
}

function Two({ tenant, from, to }: { tenant: string; from: number; to: number }) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const compared = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}/releases/compare", {
    ...given,
    params: { path: { tenant_id: tenant }, query: { from, to } },
  });
  const one = useRelease(tenant, from);
  const other = useRelease(tenant, to);
  const rows = beside(
    one.data?.startup as unknown as Startup | null,
    other.data?.startup as unknown as Startup | null,
  );
  return (
    <>
      <Columns>
        {[one, other].map((side, index) => (
          <Answer key={index === 0 ? "from" : "to"} ask={side}>
            {(data) => (
              <Figures
                of={[
                  {
                    name: t("revision"),
                    value: f.number(data.revision),
                    note: data.deployment_id,
                  },
                  {
                    name: t("state"),
                    value: <StatusBadge state={data.phase} />,
                    note: f.instant(data.began),
                  },
                  {
                    name: t("seconds"),
                    value: f.duration(data.seconds as number | null),
                    note: f.instant(data.confirmed_at as string | null),
                  },
                  {
                    name: t("compare.digest"),
                    value: (
                      <code className="mono">
                        {(data.manifest_digest ?? data.release_digest ?? "").slice(7, 19)}
                      </code>
                    ),
                  },
                ]}
              />
            )}
          </Answer>
        ))}
      </Columns>
      <Columns>
        <AskedPanel
          title={t("diff", { before: from, after: to })}
          ask={compared}
          aside={<Counts of={compared.data?.counts} />}
        >
          {(data) =>
            data.objects?.length || data.options?.length ? (
              <>
                <Changes of={(data.objects ?? []) as readonly Changed[]} />
                <ul className={classes.options}>
                  {((data.options ?? []) as readonly Option[]).map((row) => (
                    <li key={row.name ?? row.path}>
                      {t("option.differs")} <code className="mono">{row.name ?? row.path}</code>{" "}
                      {JSON.stringify(row.before)} → {JSON.stringify(row.after)}
                    </li>
                  ))}
                </ul>
              </>
            ) : (
              <Empty say={t("same")} />
            )
          }
        </AskedPanel>
        <Panel title={t("compare.workloads")} flush>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("compare.workload")}</th>
                <th scope="col" data-numeric>
                  {f.number(from)}
                </th>
                <th scope="col" data-numeric>
                  {f.number(to)}
                </th>
                <th scope="col" data-numeric>
                  {t("compare.longer")}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.object}>
                  <th scope="row">{row.object}</th>
                  <td data-numeric>{row.one === 0 ? t("compare.kept") : f.duration(row.one)}</td>
                  <td data-numeric>
                    {row.other === 0 ? t("compare.kept") : f.duration(row.other)}
                  </td>
                  <td data-numeric>
                    {row.longer !== null && row.longer > 0 ? "+" : ""}
                    {f.duration(row.longer)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      </Columns>
    </>
  );
}

interface Option {
  readonly name?: string;
  readonly path?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

function useRelease(tenant: string, revision: number) {
  return hooks.useQuery("get", "/api/v1/tenants/{tenant_id}/releases/{revision}", {
    ...useGiven(),
    params: { path: { tenant_id: tenant, revision } },
  });
}
