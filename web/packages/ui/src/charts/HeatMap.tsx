/** Many things as cells, grouped; the darker, the fuller. Each cell can be opened and says its value. */
import type { ReactNode } from "react";
import classes from "./charts.module.css";

export interface Cell {
  readonly id: string;
  readonly name: string;
  /** 0 to 1; null: not known. */
  readonly part: number | null;
  readonly say: string;
  readonly bad?: boolean;
  /** Under the name. */
  readonly note?: ReactNode;
}

export interface Group {
  readonly name: string;
  readonly cells: readonly Cell[];
}

/** Return the step of colour of a part: 0 (nothing) to 5 (full). */
function step(part: number | null): number {
  return part === null ? 0 : Math.max(0, Math.min(5, Math.ceil(part * 5)));
}

export function HeatMap({
  label,
  groups,
  onOpen,
}: {
  label: string;
  groups: readonly Group[];
  onOpen?: (id: string) => void;
}) {
  return (
    <div className={classes.heat} role="group" aria-label={label}>
      {groups.map((group) => (
        <section key={group.name}>
          <h3>
            {group.name} <span className="dim">{group.cells.length}</span>
          </h3>
          <div className={classes.cells}>
            {group.cells.map((cell) => (
              <button
                key={cell.id}
                type="button"
                className={classes.cell}
                data-step={step(cell.part)}
                data-bad={cell.bad || undefined}
                data-tip={cell.say}
                onClick={() => onOpen?.(cell.id)}
              >
                <span>{cell.name}</span>
                {cell.note !== undefined && <small>{cell.note}</small>}
              </button>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}
