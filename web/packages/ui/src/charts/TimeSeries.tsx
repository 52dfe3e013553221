/** Lines over time, drawn by uPlot; the axis prints the zone. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useUi } from "../texts/texts";
import { useFormat } from "../view/format";
import classes from "./charts.module.css";
import { sampled } from "./sample";

export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export const INKS = [
  "#4a6cd4",
  "#0ca678",
  "#e8890c",
  "#ae3ec9",
  "#d6336c",
  "#1098ad",
  "#74b816",
  "#868e96",
];

export interface TimeSeriesProps {
  readonly label: string;
  /** Seconds since 1970, ascending; one for each value. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly show?: (value: number) => string;
  /** A line across: a threshold or a target. */
  readonly target?: number;
  readonly height?: number;
}

export function TimeSeries({ label, at, series, show, target, height = 180 }: TimeSeriesProps) {
  const u = useUi();
  const f = useFormat();
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const last = useRef({ at, series });
  last.current = { at, series };
  const names = series.map((one) => one.name).join("\n");

  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const line = scheme === "dark" ? "#2c3138" : "#e9ecf0";
    const ink = scheme === "dark" ? "#9aa4af" : "#5b6570";
    const said = (value: number | null) =>
      value === null || value === undefined ? "–" : (show?.(value) ?? f.number(value));
    const axis = {
      stroke: ink,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: "11px Pretendard Variable, sans-serif",
    };
    const long = (self: uPlot) => (self.scales.x?.max ?? 0) - (self.scales.x?.min ?? 0) > 86400;
    const made = new uPlot(
      {
        width: Math.max(place.clientWidth, 120),
        height,
        padding: [8, 20, 0, 0],
        cursor: { y: false, points: { size: 6 } },
        legend: { live: true },
        scales: {
          x: {
            time: true,
            range: spread,
          },
          y: {
            range: (_self, low, high) => [
              Math.min(0, low),
              Math.max(high, target ?? 0, low + 1e-9) * 1.08,
            ],
          },
        },
        axes: [
          {
            ...axis,
            space: 80,
            size: 26,
            label: f.zoneName,
            labelSize: 14,
            labelFont: axis.font,
            labelGap: 0,
            values: (self, ticks) => ticks.map((tick) => f.clock(tick * 1000, long(self))),
          },
          { ...axis, size: 60, values: (_self, ticks) => ticks.map(said) },
        ],
        series: [
          {
            label: f.zoneName,
            value: (_self, value) => (value === null ? "–" : f.instant(value * 1000)),
          },
          ...names.split("\n").map((name, index) => ({
            label: name,
            stroke: INKS[index % INKS.length] as string,
            width: 1.5,
            value: (_self: uPlot, value: number | null) => said(value),
          })),
        ],
        hooks: {
          draw: [
            (self) => {
              if (target === undefined) return;
              const y = Math.round(self.valToPos(target, "y", true));
              self.ctx.save();
              self.ctx.strokeStyle = "#e03131";
              self.ctx.setLineDash([5, 4]);
              self.ctx.beginPath();
              self.ctx.moveTo(self.bbox.left, y);
              self.ctx.lineTo(self.bbox.left + self.bbox.width, y);
              self.ctx.stroke();
              self.ctx.restore();
            },
          ],
        },
      },
      drawn(last.current.at, last.current.series, place.clientWidth),
      place,
    );
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: Math.max(place.clientWidth, 120), height }),
    );
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, f, scheme, height, show, target]);

  useEffect(() => {
    plot.current?.setData(drawn(at, series, box.current?.clientWidth ?? 600));
  }, [at, series]);

  return (
    <figure className={classes.figure} aria-label={label}>
      <div ref={box} className={classes.plot} />
      {at.length === 0 && <figcaption className={classes.nothing}>{u("chart.nothing")}</figcaption>}
    </figure>
  );
}

/** A single point stands at the end of five minutes; uPlot would give it years. */
function spread(self: uPlot, low: number, high: number): uPlot.Range.MinMax {
  return self.data[0].length < 2 ? [low - 300, low] : [low, high];
}

function drawn(
  at: readonly number[],
  series: readonly Series[],
  pixels: number,
): uPlot.AlignedData {
  const wide = Math.max(pixels, 120);
  if (at.length <= wide * 2)
    return [at as number[], ...series.map((one) => one.values as (number | null)[])];
  const kept = [...new Set(series.flatMap((one) => sampled(one.values, wide)))].sort(
    (a, b) => a - b,
  );
  return [
    kept.map((i) => at[i] as number),
    ...series.map((one) => kept.map((i) => one.values[i] ?? null)),
  ];
}
