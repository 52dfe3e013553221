/** What is live of a tenant: one filter, as a tree, a list or a map; each object with its details. */

import { useView } from "@ecp/ui/view/useView";
import { SegmentedControl, Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { TenantPage } from "../../tenant/TenantPage";
import { useTenant } from "../../tenant/useTenant";
import { AsCommand } from "./AsCommand";
import { Drawn } from "./Drawn";
import { VIEW } from "./view";
import { useT } from "./words";

const Listed = lazy(() => import("./Listed"));
const VIEWS = ["tree", "list", "map"] as const;

export default function Resources() {
  const t = useT();
  const tenant = useTenant();
  const [view, setView] = useView(VIEW);
  const mode = VIEWS.find((one) => one === view.view) ?? "tree";
  return (
    <TenantPage
      part="resources"
      actions={
        <>
          <SegmentedControl
            role="radiogroup"
            size="xs"
            aria-label={t("view")}
            value={mode}
            onChange={(next) => setView({ view: next })}
            data={VIEWS.map((one) => ({ value: one, label: t(`view.${one}`) }))}
          />
          <AsCommand tenant={tenant} label={view.label} problems={view.show === "problems"} />
        </>
      }
    >
      {mode === "list" ? (
        <Suspense fallback={<Skeleton height={420} />}>
          <Listed tenant={tenant} />
        </Suspense>
      ) : (
        <Drawn tenant={tenant} mode={mode} />
      )}
    </TenantPage>
  );
}
