/** Lines over time, drawn by uPlot; the axis prints the zone. */
import { Button, useComputedColorScheme, VisuallyHidden } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import classes from "./charts.module.css";
import { columns, summary } from "./columns";
import { Legend, type Told } from "./Legend";
import { type Annotation, aligned, type Look, options } from "./plot";

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface TimeSeriesProps {
  readonly label: string;
  /** Seconds since 1970, ascending; one for each value. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly show?: (value: number) => string;
  /** One of Intl's units, where *show* is not given: millisecond, second, percent, byte. */
  readonly unit?: string;
  /** A line across: a threshold or a target. */
  readonly target?: number;
  readonly height?: number;
  /** What happened meanwhile. */
  readonly bands?: readonly Annotation[];
  /** The span of the axis, where that is not the points' own. In seconds since 1970. */
  readonly span?: { readonly from: number; readonly to: number };
  /** Each value holds from its instant until the next one's, as the figures of whole minutes do. */
  readonly stepped?: boolean;
  /** Where the legend reads while nobody points at anything, seconds since 1970; without it at the end. */
  readonly rest?: number;
  /** Gets the span that is drawn with the mouse (ms); see useZoom. Without it the chart alone shows it. */
  readonly onZoom?: (fromMs: number, toMs: number) => void;
}

const NO_BANDS: readonly Annotation[] = [];

export function TimeSeries(props: TimeSeriesProps) {
  const { label, at, series, show, unit, target, height = 180, bands = NO_BANDS, onZoom } = props;
  const { stepped = false, rest } = props;
  const u = useUi();
  const f = useFormat();
  const dark = useComputedColorScheme("light") === "dark";
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const legend = useRef<Told>(null);
  const [width, setWidth] = useState(600);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [zoomed, setZoomed] = useState<{ from: number; to: number }>();
  const names = series.map((one) => one.name).join("\n");
  const drawn = useMemo(
    () =>
      columns(
        at,
        series.map((one) => one.values),
        width,
      ),
    [at, series, width],
  );
  const said = (value: number | null | undefined) =>
    value === null || value === undefined
      ? "–"
      : (show?.(value) ?? (unit ? f.measure(value, unit) : f.number(value)));
  const tell = (index: number | null) => {
    const here = index ?? (rest === undefined ? drawn[0].length - 1 : before(drawn[0], rest));
    const instant = drawn[0][here];
    legend.current?.tell(
      (index === null && rest === undefined) || instant === undefined
        ? ""
        : f.instant(Math.round(instant) * 1000),
      drawn.slice(1).map((values) => said(values[here] ?? (index === null ? last(values) : null))),
    );
  };
  const look = useRef<Look>(null as never);
  look.current = {
    dark,
    zone: f.zone,
    zoneName: f.zoneName,
    said,
    target,
    bands,
    span: zoomed ?? props.span,
    onZoom: (from, to) => (onZoom ? onZoom(from * 1000, to * 1000) : setZoomed({ from, to })),
    onCursor: tell,
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn comes by the effects below
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const size = () => ({ width: Math.max(place.clientWidth, 120), height });
    const made = new uPlot(
      options(
        names.split("\n"),
        size(),
        () => look.current,
        stepped ? uPlot.paths.stepped?.({ align: 1, alignGaps: 1 }) : undefined,
      ),
      aligned(drawn),
      place,
    );
    plot.current = made;
    setWidth(size().width);
    const watch = new ResizeObserver(() => {
      if (size().width === made.width) return;
      made.setSize(size());
      setWidth(size().width);
    });
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, f.zoneName, height, stepped]);

  useEffect(() => {
    plot.current?.setData(aligned(drawn));
    look.current.onCursor(plot.current?.cursor.idx ?? null);
  }, [drawn]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the drawing reads by itself
  useEffect(() => {
    plot.current?.redraw(false, true);
    look.current.onCursor(null);
  }, [dark, bands, target, f, unit, rest]);
  const span = look.current.span;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read by the scale's range
  useEffect(() => {
    const x = plot.current?.scales.x;
    if (span) plot.current?.setScale("x", { min: span.from, max: span.to });
    else if (x) plot.current?.setData(aligned(drawn));
  }, [span?.from, span?.to]);

  const flip = (name: string) => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
    const index = series.findIndex((one) => one.name === name);
    plot.current?.setSeries(index + 1, { show: !next.has(name) });
  };
  return (
    <figure className={classes.figure} aria-label={label}>
      <div ref={box} className={classes.plot} aria-hidden />
      {zoomed && (
        <Button className={classes.whole} variant="default" onClick={() => setZoomed(undefined)}>
          {u("chart.whole")}
        </Button>
      )}
      <Legend names={series.map((one) => one.name)} hidden={hidden} onFlip={flip} told={legend} />
      {at.length === 0 ? (
        <figcaption className={classes.nothing}>{u("chart.nothing")}</figcaption>
      ) : (
        <VisuallyHidden component="figcaption">
          {series.map((one, index) => {
            const found = summary(drawn[index + 1] ?? []);
            if (!found) return `${one.name}: ${u("chart.nothing")}. `;
            const { least, most, gaps } = found;
            return `${u("chart.summary", {
              name: one.name,
              least: said(least),
              most: said(most),
              last: said(found.last),
            })}${gaps ? ` ${u("chart.gaps", { count: gaps })}` : ""} `;
          })}
          {bands.map(
            (band) =>
              `${u(`chart.${band.kind}`)}: ${band.name}, ${f.instant(band.from * 1000)}${
                band.to === undefined ? "" : ` – ${f.instant(band.to * 1000)}`
              }. `,
          )}
        </VisuallyHidden>
      )}
    </figure>
  );
}

/** Return which of the instants is the last that is not after *at*; the first where all are. */
function before(instants: readonly number[], at: number): number {
  const after = instants.findIndex((one) => one > at);
  return after < 0 ? instants.length - 1 : Math.max(after - 1, 0);
}

function last(values: readonly (number | null | undefined)[]): number | null {
  // What goes on (undefined) has a value before it; a gap at the end has none.
  for (let i = values.length - 1; i >= 0; i -= 1)
    if (values[i] !== undefined) return values[i] ?? null;
  return null;
}
