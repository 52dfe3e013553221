/** What the draft would change, against the last release or the cluster; then it is sent. */
import { Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { SegmentedControl, Switch } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { Changes, Counts } from "../../changes/Changes";
import { useNext } from "../../changes/useNext";
import { posted } from "../../editor/asFile";
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
  /** Whether *before* was sent: else it is what would be generated. */
  readonly released: boolean;
  /** Whether *text* is what was rolled back. */
  readonly again: boolean;
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

/** Object by object, as the server's dry run says. */
function Live({ tenant, text, all }: { tenant: string; text: string; all: boolean }) {
  const t = useT();
  const asked = useNext(tenant, { manifest_content: text, allow_broken: true });
  return (
    <Answer ask={asked} rows={6}>
      {(data) => (
        <div className={classes.live} role="region" aria-label={t("against.live")} tabIndex={0}>
          <p className={classes.counts} data-live>
            <Counts of={data.counts} />
            <span className="dim">{t("live.say")}</span>
          </p>
          {data.differs || all ? (
            <Changes of={data.objects} all={all} />
          ) : (
            <Empty say={t("live.same")} />
          )}
        </div>
      )}
    </Answer>
  );
}

const SHOWN = 4;
const APPLIES = {
  waiting: "apply.wait",
  refused: "apply.errors",
  broken: "apply.broken",
  taken: "apply.ready",
} as const;

/** Some by name, how many more there are. */
const named = (all: readonly string[]) =>
  [all.slice(0, SHOWN).join(", "), all.length > SHOWN ? `+${all.length - SHOWN}` : ""]
    .filter(Boolean)
    .join(", ");

function Apply({ tenant, before, text, changed, released, again, judged, onSent }: Props) {
  const t = useT();
  const given = useGiven();
  const target = useTarget();
  const navigate = useNavigate();
  const path = `/api/v1/simulator/deploy/${tenant}`;
  const file = `# ${t("apply.file", { file: `${tenant}.yaml` })}`;
  const short =
    judged.verdict === "taken" && judged.findings.some((one) => one.severity === "broken");
  const gone = useMemo(() => (released ? removed(before, text) : []), [before, text, released]);
  const deploy = async (confirm: string) => {
    const { data, error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
      params: { path: { tenant_id: tenant } },
      body: { manifest_content: text, ...(target.real ? { confirm } : {}) },
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
      <p className={classes.verdict}>
        {t(
          judged.verdict === "taken" && released && !changed
            ? "apply.same"
            : again && judged.verdict === "taken"
              ? "apply.again"
              : APPLIES[judged.verdict],
        )}
        {short && ` ${t("apply.short")}`}
      </p>
      {gone.length > 0 && (
        <p className={classes.gone}>{t("apply.missing", { names: named(gone) })}</p>
      )}
      <Mutation
        primary={!again && (changed || !released)}
        name="deploy"
        label={t("deploy")}
        disabled={judged.verdict !== "taken"}
        cli={`${file}\necp deploy ${tenant} -f ${tenant}.yaml${target.cli}`}
        curl={`${file}\n${posted(path, `${tenant}.yaml`, target.real ? { confirm: "CLUSTER" } : {}, headersOf(given))}`}
        // What is taken away by it cannot be had back as it was.
        danger={target.real || gone.length > 0}
        confirm={target.confirm ?? (gone.length > 0 ? tenant : undefined)}
        run={deploy}
      />
    </Panel>
  );
}
