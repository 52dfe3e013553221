/** What differs, object by object and field by field, as the server says it. */
import { useFormat } from "@ecp/ui/view/format";
import classes from "./changes.module.css";
import { ACTIONS, type Action, type Changed, ordered } from "./ordered";
import { useT } from "./words";

/** How many of each, in a line; what is not there is left out. */
export function Counts({ of }: { of: Readonly<Record<string, number | undefined>> | undefined }) {
  const t = useT();
  const f = useFormat();
  return (
    <span className={classes.counts}>
      {ACTIONS.filter((one) => of?.[one]).map((one) => (
        <span key={one} data-action={one}>
          {t(`count.${one}`, { count: f.number(of?.[one]) })}
        </span>
      ))}
    </span>
  );
}

export function Changes({ of, all = false }: { of: readonly Changed[]; all?: boolean }) {
  return (
    <ul className={classes.objects}>
      {ordered(of, all).map((one) => (
        <li key={`${one.kind}/${one.namespace ?? ""}/${one.name}`}>
          <span className={classes.object}>
            <Chip action={one.action} /> <span className="dim">{one.kind}</span>{" "}
            <strong>{one.name}</strong>
          </span>
          {one.reason && <p>→ {one.reason}</p>}
          {(one.changes ?? []).map((change) => (
            <div key={change.path} className={classes.change}>
              <code className="dim">{change.path}</code>
              {said("del", change.before)}
              {said("ins", change.after)}
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Chip({ action }: { action: Action }) {
  const t = useT();
  return (
    <span className={classes.chip} data-action={action}>
      {t(`action.${action}`)}
    </span>
  );
}

/** A value of a manifest in a line; nothing where there was or is none. */
function said(Tag: "del" | "ins", value: unknown) {
  if (value === null || value === undefined) return null;
  return <Tag>{typeof value === "string" ? value : JSON.stringify(value)}</Tag>;
}
