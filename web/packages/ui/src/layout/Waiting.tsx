/** The shape of a page that is on its way: its title, figures, a part with rows. */
import classes from "./layout.module.css";

export function Waiting() {
  return (
    <div className={classes.waiting} aria-busy>
      <div className={classes.bone} style={{ width: 220, height: 24 }} />
      <Bones rows={8} />
    </div>
  );
}

/** Rows that are not there yet. */
export function Bones({ rows }: { rows: number }) {
  return (
    <div className={classes.bones} aria-busy>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={classes.bone} style={{ width: WIDTHS[row % WIDTHS.length] }} />
      ))}
    </div>
  );
}

/** Panels that are not there yet, two beside each other: as high as they will be (px), so that nothing moves. */
export function Blocks({ count, height }: { count: number; height: number }) {
  return (
    <div className={classes.two} aria-busy>
      {Array.from({ length: count }, (_, block) => (
        <div key={block} className={classes.panel} style={{ height }}>
          <Bones rows={1} />
        </div>
      ))}
    </div>
  );
}

const WIDTHS = ["58%", "82%", "70%", "91%", "64%"];
