/** What differs, object by object and field by field, as the server says it. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./objects.module.css";
import { useT } from "./words";

export interface Changed {
  readonly kind?: string;
  readonly name?: string;
  readonly action?: string;
  readonly reason?: string | null;
  readonly changes?: readonly {
    readonly path?: string;
    readonly before?: unknown;
    readonly after?: unknown;
  }[];
}

const ACTIONS = ["refused", "create", "change", "remove"] as const;
const LOOKS = {
  create: "progressing",
  change: "open",
  remove: "stopped",
  refused: "failed",
} as const;
const COUNTS = ["create", "change", "remove", "refused", "none"] as const;

/** How many of each, in a line. */
export function Counts({ of }: { of: Readonly<Record<string, number | undefined>> | undefined }) {
  const t = useT();
  const f = useFormat();
  return (
    <span className={classes.counts}>
      {COUNTS.filter((one) => of?.[one]).map((one) => (
        <span key={one} data-action={one}>
          {t(`count.${one}`, { count: f.number(of?.[one]) })}
        </span>
      ))}
    </span>
  );
}

export function Objects({ of }: { of: readonly Changed[] }) {
  const t = useT();
  const differing = of.filter((one) => one.action !== "none");
  const ordered = ACTIONS.flatMap((action) => differing.filter((one) => one.action === action));
  return (
    <ul className={classes.objects}>
      {ordered.map((one) => {
        const action = ACTIONS.find((known) => known === one.action) ?? "change";
        return (
          <li key={`${one.kind}/${one.name}`}>
            <span className={classes.object}>
              <StatusBadge state={LOOKS[action]} word={t(`action.${action}`)} />
              <strong>
                {one.kind} {one.name}
              </strong>
            </span>
            {one.reason && <p>{one.reason}</p>}
            {(one.changes ?? []).map((change) => (
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
        );
      })}
    </ul>
  );
}

/** Return a value of a manifest in a line. */
function said(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
