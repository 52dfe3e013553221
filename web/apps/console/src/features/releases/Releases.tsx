/** Releases: the current one of each tenant, or all of one tenant. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useView } from "@ecp/ui/view/useView";
import { NativeSelect } from "@mantine/core";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { FLEET, fleet } from "../../fleet";

import { ReleaseTable, type Row } from "./ReleaseTable";
import { useT } from "./words";

const VIEW = { tenant: "" };

export default function Releases() {
  const t = useT();
  const [view, setView] = useView(VIEW);
  const given = useGiven();
  const status = hooks.useQuery("get", FLEET, fleet(given), { refetchInterval: EVERY_MS });
  const ofOne = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...given, params: { path: { tenant_id: view.tenant }, query: { limit: 200 } } },
    { enabled: view.tenant !== "", refetchInterval: EVERY_MS },
  );
  const tenants = status.data?.tenants ?? [];
  const ask: { data: object | undefined; error: unknown; refetch: () => unknown } = view.tenant
    ? ofOne
    : status;
  const rows = (view.tenant
    ? (ofOne.data?.releases ?? [])
    : tenants.filter((one) => one.deployment_id)) as unknown as readonly Row[];
  return (
    <Page
      title={t("title")}
      badge={<LiveBadge live={liveOf(view.tenant ? ofOne : status)} />}
      ask={ask}
    >
      {() => (
        <ReleaseTable
          rows={rows}
          total={view.tenant ? (ofOne.data?.total ?? rows.length) : rows.length}
          seconds={view.tenant !== ""}
          chips={
            <NativeSelect
              size="xs"
              aria-label={t("tenant")}
              value={view.tenant}
              onChange={(change) => setView({ tenant: change.currentTarget.value })}
              data={[
                { value: "", label: t("current") },
                ...tenants.map((one) => one.tenant_id ?? ""),
              ]}
            />
          }
          empty={<Empty say={t("none")} sample="ecp deploy acme --wait" />}
        />
      )}
    </Page>
  );
}
