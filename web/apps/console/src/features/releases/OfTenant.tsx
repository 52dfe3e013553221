/** Releases of one tenant: what the next one would change, and those that were. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import { Next } from "./Next";
import { ReleaseTable, type Row } from "./ReleaseTable";
import { useT } from "./words";

export default function OfTenant() {
  return (
    <TenantPage part="releases">
      <Parts tenant={useTenant()} />
    </TenantPage>
  );
}

function Parts({ tenant }: { tenant: string }) {
  const t = useT();
  const releases = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/releases",
    { ...useGiven(), params: { path: { tenant_id: tenant }, query: { limit: 200 } } },
    { refetchInterval: EVERY_MS },
  );
  return (
    <>
      <Next tenant={tenant} />
      <Answer ask={releases}>
        {(data) => (
          <ReleaseTable
            rows={(data.releases ?? []) as unknown as Row[]}
            total={data.total ?? 0}
            seconds
            chips={
              (data.total ?? 0) > 1 && (
                <Button
                  variant="default"
                  component={Link}
                  to={`/tenants/${encodeURIComponent(tenant)}/releases/compare`}
                >
                  {t("compare.title")}
                </Button>
              )
            }
            empty={<Empty say={t("none")} sample={`ecp deploy ${tenant} --wait`} />}
          />
        )}
      </Answer>
    </>
  );
}
