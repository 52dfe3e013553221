/** Small drawings in SVG: a trend, a budget in minutes, a distribution. */
import { useId } from "react";
import { type Left, levelOf } from "../status/budget";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import classes from "./charts.module.css";

/** A trend without axes; what it says is said beside it in words. */
export function Spark({
  values,
  width = 88,
  height = 20,
}: {
  values: readonly (number | null)[];
  width?: number;
  height?: number;
}) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return <span className="dim">–</span>;
  const most = Math.max(...known);
  const least = Math.min(...known);
  const x = (index: number) => (index * width) / (values.length - 1);
  const y = (value: number) => height - 2 - ((value - least) / (most - least || 1)) * (height - 4);
  let path = "";
  let pen = "M";
  for (const [index, value] of values.entries()) {
    if (value === null) pen = "M";
    else {
      path += `${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    }
  }
  return (
    <svg width={width} height={height} aria-hidden className={classes.spark}>
      <path d={path} fill="none" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}

/** An error budget as time: what is left, and of how much. */
export function Budget({ of }: { of: Left | null }) {
  const u = useUi();
  const f = useFormat();
  if (of === null) return <span className="dim">{u("none")}</span>;
  const { remaining, allowed } = of;
  const { part, level } = levelOf(of);
  const word =
    remaining < 0
      ? u("budget.over", { over: f.duration(-remaining), allowed: f.duration(allowed) })
      : u("budget.left", { left: f.duration(remaining), allowed: f.duration(allowed) });
  return (
    <span className={classes.budget} title={word}>
      <svg width="72" height="8" role="img" aria-label={word}>
        <rect width="72" height="8" rx="4" className={classes.track} />
        <rect
          width={Math.max(part * 72, part > 0 ? 3 : 0)}
          height="8"
          rx="4"
          className={classes.bar}
          data-level={level}
        />
      </svg>
      <span>{word}</span>
    </span>
  );
}

/** How often which value was seen; *edges* are the upper ends of the bars. Those that *missed* says
 * are hatched and red, and say its word. */
export function Histogram({
  label,
  edges,
  counts,
  missed,
  height = 90,
}: {
  label: string;
  edges: readonly string[];
  counts: readonly number[];
  missed?: { readonly bar: (index: number) => boolean; readonly word: string };
  height?: number;
}) {
  const f = useFormat();
  const hatch = useId();
  const most = Math.max(1, ...counts);
  const width = 100 / Math.max(counts.length, 1);
  return (
    <figure className={classes.figure} aria-label={label}>
      <svg width="100%" height={height} role="img" aria-label={label}>
        {missed && (
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse">
            <rect width="6" height="6" className={classes.missed} />
            <path d="M-1 1l2-2M0 6l6-6M5 7l2-2" className={classes.hatch} />
          </pattern>
        )}
        {counts.map((count, index) => {
          const tall = (count / most) * (height - 18);
          const out = missed?.bar(index) ?? false;
          return (
            <g key={edges[index] ?? index}>
              <title>
                {`≤ ${edges[index] ?? "∞"}: ${f.number(count)}${out ? ` · ${missed?.word}` : ""}`}
              </title>
              <rect
                x={`${index * width + 0.4}%`}
                width={`${width - 0.8}%`}
                y={height - 16 - tall}
                height={Math.max(tall, count ? 1 : 0)}
                rx="2"
                className={out ? undefined : classes.bar}
                fill={out ? `url(#${hatch})` : undefined}
                data-level={out ? "out" : "fine"}
              />
              <text
                x={`${index * width + width / 2}%`}
                y={height - 3}
                textAnchor="middle"
                className={classes.tick}
              >
                {edges[index] ?? "∞"}
              </text>
            </g>
          );
        })}
      </svg>
      {missed && counts.some((count, index) => count > 0 && missed.bar(index)) && (
        <figcaption className={classes.key}>
          <svg width="12" height="12" aria-hidden>
            <rect width="12" height="12" rx="2" fill={`url(#${hatch})`} />
          </svg>
          {missed.word}
        </figcaption>
      )}
    </figure>
  );
}
