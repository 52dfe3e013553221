/** What can be done with a release, each with what it would change, before it is pressed. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { IconArrowBackUp } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { Counts } from "../../changes/Changes";
import { Refused, refusal } from "../../changes/Refused";
import { type Next, useNext } from "../../changes/useNext";
import { useTarget } from "../../target";
import { DeployButton } from "../../tenant/DeployButton";
import classes from "./releases.module.css";
import type { Way } from "./ways";
import { useT } from "./words";

export function Ways({
  tenant,
  revision,
  digest,
  ways,
  stuck,
}: {
  tenant: string;
  revision: number;
  digest: string;
  ways: readonly Way[];
  /** Whether this revision did not come up. */
  stuck: boolean;
}) {
  const t = useT();
  if (ways.length === 0) return null;
  return (
    <Panel title={t("ways")}>
      <dl className={classes.ways} data-ways>
        {ways.map((way) =>
          way.does === "none" ? (
            <div key="none" data-no-way-back>
              <dt>{t("ways.none")}</dt>
              <dd>{t("ways.none.say")}</dd>
            </div>
          ) : way.does === "back" ? (
            <Back
              key="back"
              tenant={tenant}
              to={way.to}
              from={way.from}
              stuck={stuck && way.to === revision}
            />
          ) : (
            <Again key="again" tenant={tenant} revision={revision} digest={digest} way={way} />
          ),
        )}
        <div>
          <dt>
            <Link
              to="/tenants/$tenant/manifest"
              params={{ tenant } as never}
              search={{ version: digest } as never}
            >
              {t("ways.edit")}
            </Link>
          </dt>
          <dd>{t("ways.edit.say", { revision })}</dd>
        </div>
      </dl>
    </Panel>
  );
}

function One({
  button,
  say,
  changes,
  note,
}: {
  button: ReactNode;
  say: string;
  changes: Next | undefined;
  /** What stands in its way. */
  note?: ReactNode;
}) {
  const t = useT();
  return (
    <div>
      <dt>{button}</dt>
      <dd>
        {say}
        {note}
        {changes && (
          <p data-would>
            {changes.differs ? (
              <>
                {t("ways.would")} <Counts of={changes.counts} />
              </>
            ) : (
              t("ways.nothing")
            )}
          </p>
        )}
      </dd>
    </div>
  );
}

function Again({
  tenant,
  revision,
  digest,
  way,
}: {
  tenant: string;
  revision: number;
  digest: string;
  way: Way & { does: "again" | "deploy" };
}) {
  const t = useT();
  const next = useNext(tenant, { manifest_id: digest });
  const findings = refusal(next.error);
  const names = { revision, digest: digest.slice(7, 19) };
  return (
    <One
      button={
        <DeployButton
          tenant={tenant}
          manifest={digest}
          name="rerun"
          label={t(`ways.${way.does}`, names)}
          quiet
        />
      }
      say={t(`ways.${way.does}.say`, names)}
      changes={next.data}
      note={findings && <Refused tenant={tenant} digest={digest} findings={findings} />}
    />
  );
}

function Back({
  tenant,
  to,
  from,
  stuck,
}: {
  tenant: string;
  to: number;
  from: number;
  stuck: boolean;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const target = useTarget();
  const navigate = useNavigate();
  const path = `/api/v1/tenants/${encodeURIComponent(tenant)}/releases/${to}/rollback`;
  const compared = hooks.useQuery("get", "/api/v1/tenants/{tenant_id}/releases/compare", {
    ...given,
    params: { path: { tenant_id: tenant }, query: { from, to } },
  });
  return (
    <One
      button={
        <Mutation
          name="rollback"
          label={t("rollback", { revision: to })}
          icon={<IconArrowBackUp size={15} />}
          danger
          confirm={target.confirm ?? tenant}
          cli={`ecp release rollback ${tenant} ${to} --wait${target.cli}`}
          curl={curl("POST", path, target.real ? { confirm: "CLUSTER" } : {}, headersOf(given))}
          run={async (confirm) => {
            const { data, error } = await atOrchestrator.POST(
              "/api/v1/tenants/{tenant_id}/releases/{revision}/rollback",
              {
                params: { path: { tenant_id: tenant, revision: to } },
                body: target.real ? { confirm } : {},
              },
            );
            if (error) throw error;
            const release = data.deployment_id ?? "";
            await navigate({ to: "/releases/$release", params: { release } as never });
          }}
        />
      }
      say={t("ways.back.say", { from: f.number(from), to: f.number(to) })}
      changes={compared.data as unknown as Next | undefined}
      note={stuck && <p>{t("ways.back.stuck", { to: f.number(to) })}</p>}
    />
  );
}
