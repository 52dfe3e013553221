/** What the draft would change, against the last release or the cluster; then it is sent. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { SegmentedControl, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { Diff } from "../../editor/Diff";
import { removed } from "../../editor/offers";
import { Report } from "../../editor/Report";
import type { Judged } from "../../editor/useJudged";
import { useTarget } from "../../target";
import classes from "./manifest.module.css";
import { useT } from "./words";

interface View {
  readonly against: string;
  readonly all: boolean;
}
interface Props {
  readonly tenant: string;
  readonly before: string;
  readonly text: string;
  readonly changed: boolean;
  readonly judged: Judged;
  readonly labels: readonly [string, string];
  readonly view: View;
  readonly setView: (change: Partial<View> & { step?: string }) => void;
  readonly onSent: () => void;
}

export function Review(props: Props) {
  const t = useT();
  const { view, setView, judged } = props;
  return (
    <div className={classes.review}>
      <Panel
        title={t("changes")}
        flush
        aside={
          <div className={classes.against}>
            {view.against === "live" && (
              <Switch
                size="xs"
                label={t("all")}
                checked={view.all}
                onChange={(change) => setView({ all: change.currentTarget.checked })}
              />
            )}
            <SegmentedControl
              size="xs"
              aria-label={t("against")}
              value={view.against}
              onChange={(against) => setView({ against })}
              data={(["released", "live"] as const).map((value) => ({
                value,
                label: t(`against.${value}`),
              }))}
            />
          </div>
        }
      >
        {view.against === "live" ? (
          <Live tenant={props.tenant} text={props.text} all={view.all} />
        ) : (
          <Diff before={props.before} after={props.text} labels={props.labels} />
        )}
      </Panel>
      <div>
        <Apply {...props} />
        <Report judged={judged} text={props.text} onGo={() => setView({ step: "edit" })} />
      </div>
    </div>
  );
}

/** An object of the dry run. */
interface Row {
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly action?: string;
  readonly reason?: string | null;
  readonly changes?: readonly { path: string; before?: unknown; after?: unknown }[];
}

const ACTIONS = ["refused", "remove", "change", "create", "none"] as const;

/** Object by object, as the server's dry run says. */
function Live({ tenant, text, all }: { tenant: string; text: string; all: boolean }) {
  const t = useT();
  const given = useGiven();
  const asked = useQuery({
    queryKey: ["diff", tenant, text, given],
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST("/api/v1/tenants/{tenant_id}/diff", {
        params: { path: { tenant_id: tenant } },
        body: { manifest_content: text, allow_broken: true },
      });
      if (error) throw error;
      return data;
    },
  });
  return (
    <Answer ask={asked} rows={6}>
      {(data) => {
        const counts = (data.counts ?? {}) as Record<string, number>;
        const order = (action: Row["action"]) =>
          (ACTIONS as readonly string[]).indexOf(action ?? "");
        const rows = ((data.objects ?? []) as readonly Row[])
          .filter((row) => all || row.action !== "none")
          .sort((one, other) => order(one.action) - order(other.action));
        return (
          <div className={classes.live} role="region" aria-label={t("against.live")} tabIndex={0}>
            <p className={classes.counts} data-live>
              {ACTIONS.map((action) => (
                <span key={action} data-action={action}>
                  {t(`action.${action}`)} <b>{counts[action] ?? 0}</b>
                </span>
              ))}
              <span className="dim">{t("live.say")}</span>
            </p>
            {rows.length === 0 ? (
              <Empty say={t("live.same")} />
            ) : (
              <ul className={classes.objects}>
                {rows.map((row) => (
                  <li key={`${row.kind} ${row.namespace} ${row.name}`}>
                    <span className={classes.action} data-action={row.action}>
                      {t(`action.${ACTIONS.find((one) => one === row.action) ?? "change"}`)}
                    </span>{" "}
                    <b>{row.kind}</b> {row.name}
                    {row.reason && <p>→ {row.reason}</p>}
                    {(row.changes ?? []).map((change) => (
                      <div key={change.path} className={classes.change}>
                        <code className="dim">{change.path}</code>
                        {change.before !== null && change.before !== undefined && (
                          <del>{said(change.before)}</del>
                        )}
                        {change.after !== null && change.after !== undefined && (
                          <ins>{said(change.after)}</ins>
                        )}
                      </div>
                    ))}
                  </li>
                ))}
              </ul>
            )}
          </div>
        );
      }}
    </Answer>
  );
}

const SHOWN = 4;

const said = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

function Apply({ tenant, before, text, changed, judged, onSent }: Props) {
  const t = useT();
  const given = useGiven();
  const target = useTarget();
  const navigate = useNavigate();
  const path = `/api/v1/simulator/deploy/${tenant}`;
  const body = { manifest_content: text };
  const gone = useMemo(() => removed(before, text), [before, text]);
  const valid = judged.answer?.valid === true && !judged.stale;
  const deploy = async (confirm: string) => {
    const { data, error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
      params: { path: { tenant_id: tenant } },
      body: { ...body, ...(confirm ? { confirm } : {}) },
    });
    if (error) throw error;
    onSent();
    void navigate({
      to: "/releases/$release",
      params: { release: data.deployment_id ?? "" },
    } as never);
  };
  return (
    <Panel title={t("apply")}>
      <p>
        {t(
          judged.stale || !judged.answer
            ? "apply.wait"
            : !valid
              ? "apply.errors"
              : changed
                ? "apply.ready"
                : "apply.same",
        )}
      </p>
      {gone.length > 0 && (
        <p className={classes.gone}>
          {t("apply.missing", { count: gone.length, names: gone.slice(0, SHOWN).join(", ") })}
        </p>
      )}
      <Mutation
        primary
        name="deploy"
        label={t("deploy")}
        disabled={!valid}
        cli={`ecp deploy ${tenant} -f ${tenant}.yaml${target.cli}`}
        curl={curl("POST", path, body, headersOf(given))}
        confirm={target.confirm}
        run={deploy}
      />
    </Panel>
  );
}
