/** What keeps something from being up: why, and what to change. */
import { IconAlertCircle } from "@tabler/icons-react";
import classes from "./objects.module.css";
import type { Trouble } from "./scheduling";

export function Stuck<Row extends Trouble>({
  title,
  rows,
  more,
}: {
  title: string;
  rows: readonly Row[];
  /** What leads on from one. */
  more?: (row: Row) => React.ReactNode;
}) {
  return (
    <section className={classes.stuck} aria-label={title} data-stuck>
      <h3 className={classes.heading}>{title}</h3>
      <ul>
        {rows.map((one) => (
          <li key={`${one.cause} ${one.text}`}>
            <IconAlertCircle size={16} aria-hidden />
            <div>
              {one.text}
              {one.remedy && <strong>→ {one.remedy}</strong>}
              {more?.(one)}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
