/** A part of a page with a title, and what it shows while it is asked for, or when that failed. */
import { type ReactNode, useRef } from "react";
import classes from "./layout.module.css";
import { isGone, ProblemView } from "./ProblemView";
import { Blocks, Bones } from "./Waiting";

export interface Asked<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
  readonly isFetching?: boolean;
  /** How often it failed so far: while it is asked again, it tells no error. */
  readonly errorUpdateCount?: number;
}

export function Answer<T>({
  ask,
  rows = 3,
  blocks,
  children,
}: {
  ask: Asked<T>;
  rows?: number;
  /** Panels instead of rows, as charts are. */
  blocks?: { readonly count: number; readonly height: number };
  children: (data: T) => ReactNode;
}) {
  const failed = useRef<unknown>(null);
  // What failed stays said until there is an answer: asked again and again it would come and go.
  failed.current = ask.error ?? (ask.errorUpdateCount ? failed.current : null);
  if (ask.data !== undefined && !isGone(ask.error)) return <>{children(ask.data)}</>;
  if (failed.current)
    return (
      <ProblemView
        error={failed.current}
        busy={ask.isFetching === true}
        onRetry={() => void ask.refetch()}
      />
    );
  return blocks ? <Blocks {...blocks} /> : <Bones rows={rows} />;
}

interface Titled {
  readonly title: string;
  /** Right of the title. */
  readonly aside?: ReactNode;
  /** Without a border's padding: for tables. */
  readonly flush?: boolean;
}

export function Panel(props: Titled & { readonly children: ReactNode }) {
  return (
    <section className={classes.panel} aria-label={props.title}>
      <header className={classes.panelHead}>
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      <div
        className={props.flush ? undefined : classes.panelBody}
        data-flush={props.flush || undefined}
      >
        {props.children}
      </div>
    </section>
  );
}

export function AskedPanel<T>({
  ask,
  rows,
  children,
  ...titled
}: Titled & { ask: Asked<T>; rows?: number; children: (data: T) => ReactNode }) {
  return (
    <Panel {...titled}>
      <Answer ask={ask} {...(rows ? { rows } : {})}>
        {children}
      </Answer>
    </Panel>
  );
}
