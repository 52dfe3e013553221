/** One change: the fields that differ, what it follows from, the object. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Answer } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Code } from "@mantine/core";
import { hooks } from "../../ask";
import { markOf } from "./Changes";
import { causeOf } from "./causes";
import { Fields } from "./Fields";
import classes from "./timeline.module.css";
import type { Change, FieldRow } from "./useHistory";
import { useT } from "./words";

interface Shown extends Change {
  readonly fields: readonly FieldRow[];
  readonly more: number;
  readonly before: unknown;
  readonly after: unknown;
}

interface Root {
  readonly kind: string;
  readonly id: string;
  readonly title?: Readonly<Record<string, string>>;
}

const ROOTS = ["request", "fault", "load", "boot", "event-ttl", "older"] as const;

export function ChangeDetail({
  cluster,
  version,
  onClose,
  onOpen,
}: {
  cluster: string;
  version: number;
  onClose: () => void;
  onOpen: (version: number) => void;
}) {
  const t = useT();
  const path = { name: cluster, version };
  const enabled = version > 0;
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/history/changes/{version}",
    { params: { path } },
    { enabled, staleTime: Number.POSITIVE_INFINITY },
  );
  return (
    <Detail
      title={t("change", { version })}
      opened={enabled}
      onClose={onClose}
      tabs={[
        {
          id: "fields",
          name: t("tab.fields"),
          show: () => (
            <Answer ask={ask}>
              {(data) => {
                const change = data as unknown as Shown;
                return (
                  <>
                    <Said change={change} />
                    <Fields rows={change.fields} more={change.more} />
                  </>
                );
              }}
            </Answer>
          ),
        },
        {
          id: "why",
          name: t("tab.why"),
          show: () => <Why cluster={cluster} version={version} onOpen={onOpen} />,
        },
        {
          id: "object",
          name: t("tab.object"),
          key: "y",
          show: () => (
            <Answer ask={ask}>
              {(data) => {
                const { before, after } = data as unknown as Shown;
                return <Code block>{JSON.stringify(after ?? before, null, 2)}</Code>;
              }}
            </Answer>
          ),
        },
      ]}
    />
  );
}

function Said({ change }: { change: Change }) {
  const t = useT();
  const f = useFormat();
  const mark = markOf(change.mark);
  return (
    <p>
      <strong className="mono">
        {change.resource.split(".")[0]}/{change.name}
      </strong>{" "}
      {t(`type.${change.type}`)} · {f.instant(change.at)} · {change.actor}
      {mark && ` · ${t(mark)} ${[change.was, change.is].filter(Boolean).join(" → ")}`}
    </p>
  );
}

/** The chain from a change back to the request, the fault or the timer that it began with. */
function Why({
  cluster,
  version,
  onOpen,
}: {
  cluster: string;
  version: number;
  onOpen: (version: number) => void;
}) {
  const t = useT();
  const f = useFormat();
  const why = hooks.useQuery("get", "/api/v1/clusters/{name}/changes/{version}/why", {
    params: { path: { name: cluster, version } },
  });
  return (
    <Answer ask={why}>
      {(data) => {
        const told = data as unknown as { chain: Change[]; root?: Root };
        const root = told.root;
        const kind = ROOTS.find((one) => one === root?.kind) ?? "other";
        return (
          <ol className={classes.chain} data-list="why">
            {told.chain.map((step) => (
              <li key={step.version}>
                <button type="button" className={classes.step} onClick={() => onOpen(step.version)}>
                  {step.resource.split(".")[0]}/{step.name}
                </button>
                <span className="dim">
                  {t(`type.${step.type}`)} · {f.instant(step.at)} · {step.actor} ·{" "}
                  {causeOf(t, step.cause)}
                </span>
              </li>
            ))}
            {root && (
              <li className={classes.root}>
                {t(`why.root.${kind}`, { id: root.id, title: root.title?.[f.language] ?? "" })}
              </li>
            )}
          </ol>
        );
      }}
    </Answer>
  );
}
