/** Rows of bars over one time axis, which prints its zone; what a colour says, a pattern says too. */
import { useFormat } from "@ecp/ui/view/format";
import classes from "./bars.module.css";
import { type BarRow, type Doing, placed, ticks } from "./rows";
import { useT } from "./words";

/** What stands nearer to an end of the axis is not set around its instant: it would go over the end. */
const EDGE = 0.05;

export function Bars({
  label,
  rows,
  began,
  whole,
  expected,
}: {
  label: string;
  rows: readonly BarRow[];
  /** When the range begins; RFC 3339. */
  began: string;
  /** Seconds of the range. */
  whole: number;
  /** Second at which the end is expected. */
  expected?: number | null;
}) {
  const t = useT();
  const f = useFormat();
  const kinds = [...new Set(rows.flatMap((row) => row.segments.map((one) => one.doing)))];
  const since = Date.parse(began);
  const clock = (second: number) => f.instant(since + second * 1000).slice(11, 19);
  const percent = (part: number) => `${(part * 100).toFixed(3)}%`;
  const lines = ticks(whole, Math.floor(since / 1000));
  const minutes = lines.every((at) => clock(at).endsWith(":00"));
  const mark = expected ? placed({ from: 0, to: expected, doing: "working" }, whole).width : null;
  return (
    <figure className={classes.figure} aria-label={label}>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={label}>
        <div className={classes.axis} aria-hidden>
          <span>
            {f.instant(began).slice(0, 10)} · {f.zoneName}
          </span>
          <div>
            {lines.map((at) => (
              <span
                key={at}
                style={{ left: percent(at / (whole || 1)) }}
                data-edge={
                  at < whole * EDGE ? "first" : at > whole * (1 - EDGE) ? "last" : undefined
                }
              >
                {clock(at).slice(0, minutes ? 5 : 8)}
              </span>
            ))}
          </div>
          <span />
        </div>
        {rows.map((row) => (
          <div
            key={row.id}
            className={classes.row}
            data-heads={row.heads || undefined}
            data-critical={row.critical || undefined}
          >
            <span className={classes.name} title={row.name}>
              {row.critical && <b title={t("critical")}>◆</b>} {row.name}
            </span>
            <svg width="100%" height="20" role="img" aria-label={said(row, t, f.duration)}>
              {lines.map((at) => (
                <line
                  key={at}
                  x1={percent(at / (whole || 1))}
                  x2={percent(at / (whole || 1))}
                  y1="0"
                  y2="20"
                  className={classes.line}
                />
              ))}
              {row.segments.map((one) => {
                const { start, width } = placed(one, whole);
                return (
                  <g key={`${one.doing} ${one.from}`}>
                    <title>{`${t(one.doing)}: ${clock(one.from)} – ${clock(one.to)} (${f.duration(one.to - one.from)})`}</title>
                    <rect
                      x={percent(start)}
                      style={{ width: `max(${percent(width)}, 2px)` }}
                      y={row.heads ? 7 : 4}
                      height={row.heads ? 6 : 12}
                      rx="2"
                      className={classes.bar}
                      data-doing={one.doing}
                    />
                    {PATTERNED.has(one.doing) && (
                      <rect
                        x={percent(start)}
                        style={{ width: `max(${percent(width)}, 2px)` }}
                        y={row.heads ? 7 : 4}
                        height={row.heads ? 6 : 12}
                        rx="2"
                        fill={`url(#bars-${one.doing})`}
                        pointerEvents="none"
                      />
                    )}
                  </g>
                );
              })}
              {row.mark !== undefined && row.mark !== null && (
                <g>
                  <title>{clock(row.mark)}</title>
                  <svg
                    x={percent(Math.min(row.mark / (whole || 1), 1))}
                    y="10"
                    overflow="visible"
                    aria-hidden
                  >
                    <path d="M0 -6L6 0L0 6L-6 0Z" className={classes.mark} />
                  </svg>
                </g>
              )}
              {mark !== null && (
                <line
                  x1={percent(mark)}
                  x2={percent(mark)}
                  y1="0"
                  y2="20"
                  className={classes.expected}
                />
              )}
            </svg>
            <span className={classes.after}>{row.after}</span>
          </div>
        ))}
      </div>
      <figcaption className={classes.legend}>
        {kinds.map((kind) => (
          <span key={kind} className={classes.key}>
            <svg width="18" height="10" aria-hidden>
              <rect width="18" height="10" rx="2" className={classes.bar} data-doing={kind} />
              {PATTERNED.has(kind) && (
                <rect width="18" height="10" rx="2" fill={`url(#bars-${kind})`} />
              )}
            </svg>
            {t(kind)}
          </span>
        ))}
        {rows.some((row) => row.critical) && (
          <span className={classes.key}>
            <b className={classes.diamond}>◆</b> {t("critical")}
          </span>
        )}
        {mark !== null && (
          <span className={classes.key}>
            <svg width="18" height="10" aria-hidden>
              <line x1="9" x2="9" y1="0" y2="10" className={classes.expected} />
            </svg>
            {t("expected")}
          </span>
        )}
      </figcaption>
      <Patterns />
    </figure>
  );
}

/** Which doings bear a pattern; the rest are plain. */
const PATTERNED = new Set<Doing>(["waiting", "late", "pulling", "starting", "scheduling"]);

function Patterns() {
  return (
    <svg width="0" height="0" aria-hidden className={classes.patterns}>
      <defs>
        {[
          ["waiting", "M0 6L6 0"],
          ["late", "M0 0L6 6M0 6L6 0"],
          ["scheduling", "M3 0L3 6"],
          ["pulling", "M0 3L6 3"],
          ["starting", "M0 0L6 6"],
        ].map(([kind, path]) => (
          <pattern
            key={kind}
            id={`bars-${kind}`}
            width="6"
            height="6"
            patternUnits="userSpaceOnUse"
          >
            <path d={path} className={classes.hatch} />
          </pattern>
        ))}
      </defs>
    </svg>
  );
}

/** Return a row in words, for who does not see it. */
function said(
  row: BarRow,
  t: ReturnType<typeof useT>,
  duration: (seconds: number) => string,
): string {
  const parts = row.segments.map((one) => `${t(one.doing)} ${duration(one.to - one.from)}`);
  return [row.name, ...parts, row.after ?? ""].filter(Boolean).join(", ");
}
