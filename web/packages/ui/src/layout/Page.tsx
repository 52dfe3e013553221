import type { ReactNode } from "react";
import classes from "./layout.module.css";
import { Answer, type Asked } from "./Panel";
import { isGone, refused } from "./ProblemView";

/** A page: its title, what stands beside it (badges), what can be done, and its parts. */
export function Page<T>({
  title,
  badge,
  actions,
  lead,
  ask,
  children,
}: {
  title: ReactNode;
  badge?: ReactNode;
  actions?: ReactNode;
  /** What does not wait for what is asked. */
  lead?: ReactNode;
  ask: Asked<T>;
  children: (data: T) => ReactNode;
}) {
  // Of what is not there is not said how it stands.
  return (
    <>
      <div className={classes.head}>
        <h1>{title}</h1>
        {!(isGone(ask.error) || (ask.data === undefined && refused(ask.error))) && badge}
        <div className={classes.actions}>{actions}</div>
      </div>
      {lead}
      <Answer ask={ask} rows={8}>
        {children}
      </Answer>
    </>
  );
}

export interface Figure {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly bad?: boolean;
}

/** A strip of figures, the first thing that is read. */
export function Figures({ of }: { of: readonly Figure[] }) {
  return (
    <dl className={classes.figures}>
      {of.map((figure) => (
        <div key={figure.name} className={classes.figure} data-bad={figure.bad || undefined}>
          <dt>{figure.name}</dt>
          <dd>
            {figure.value}
            {figure.note !== undefined && <small>{figure.note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Columns that become one where there is no room. */
export function Columns({ children, of = 2 }: { children: ReactNode; of?: 2 | 3 }) {
  return <div className={of === 2 ? classes.two : classes.three}>{children}</div>;
}
