/** What a tenant takes: what its released manifest asks for; before that, what its demand was sized to. */
import { Figures } from "@ecp/ui/layout/Page";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, hooks, useGiven } from "../../ask";
import { VALIDATE } from "../../editor/useJudged";
import { asksOf, type Summary, type Totals } from "./asks";
import classes from "./overview.module.css";
import { useT } from "./words";

export function Resources({
  tenant,
  digest,
}: {
  tenant: string;
  /** Of the manifest that was released; null: none was. */
  digest: string | null;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const path = { tenant_id: tenant };
  const about = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}", {
    ...given,
    params: { path },
  });
  const asks = useQuery({
    queryKey: ["asks", tenant, digest, given],
    enabled: digest !== null,
    // What a digest names does not change.
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const found = await atOrchestrator.GET("/api/v1/tenants/{tenant_id}/manifest", {
        params: { path, query: { format: "json", digest } },
        signal,
      });
      if (found.error) throw found.error;
      const { manifest_content } = found.data as unknown as { manifest_content: string };
      // For no tenant: a valid one would be kept for its next deploy.
      const { data, error } = await atOrchestrator.POST(VALIDATE, {
        body: { manifest_content },
        signal,
      });
      if (error) throw error;
      return asksOf((data.resource_summary ?? {}) as Summary);
    },
  });
  const sized = about.data?.resources?.totals as Totals | undefined;
  if (digest === null)
    return (
      <AskedPanel title={t("resources")} ask={about} flush>
        {() =>
          sized ? <Totalled of={sized} /> : <p className={classes.note}>{t("resources.none")}</p>
        }
      </AskedPanel>
    );
  return (
    <AskedPanel title={t("resources.asks")} ask={asks} flush>
      {(found) => (
        <>
          <Totalled of={found} />
          {sized && sized.pods !== found.pods && (
            <p className={classes.note} data-sized>
              {t("resources.sized", {
                pods: f.number(sized.pods),
                cpu: f.cores(sized.cpu),
                memory: f.bytes(sized.memory),
              })}
            </p>
          )}
        </>
      )}
    </AskedPanel>
  );
}

function Totalled({ of }: { of: Totals }) {
  const t = useT();
  const f = useFormat();
  return (
    <div className={classes.inside} data-totals>
      <Figures
        of={[
          { name: t("pods"), value: f.number(of.pods) },
          { name: t("cpu"), value: f.cores(of.cpu) },
          { name: t("memory"), value: f.bytes(of.memory) },
          { name: t("gpu"), value: f.number(of.gpus) },
          { name: t("storage"), value: f.bytes(of.storage) },
        ]}
      />
    </div>
  );
}
