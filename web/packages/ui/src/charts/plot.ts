/** How uPlot draws lines over time: axes in a zone's round times, bands, a crosshair that all charts of a
 * page share. */
import type uPlot from "uplot";
import { ticks, wall } from "../time/zones";
import type { Drawn } from "./columns";
import { rounds } from "./rounds";

export type BandKind = "fault" | "release" | "maintenance";

/** What happened meanwhile: a span, or, without an end, an instant. In seconds since 1970. */
export interface Annotation {
  readonly kind: BandKind;
  readonly name: string;
  readonly from: number;
  readonly to?: number;
}

/** What may change without a plot being made anew. */
export interface Look {
  readonly dark: boolean;
  readonly zone: string;
  readonly zoneName: string;
  readonly said: (value: number | null | undefined) => string;
  readonly target: number | undefined;
  readonly bands: readonly Annotation[];
  readonly span: { readonly from: number; readonly to: number } | undefined;
  readonly onZoom: (from: number, to: number) => void;
  readonly onCursor: (index: number | null) => void;
}

/** None of them is the colour of a state: red and green are kept for what is wrong, or well. The first four are told
 * apart by who sees no red or no green as well; the others have dashes besides. */
const INKS = [
  "#4a6cd4",
  "#13a2ae",
  "#ca7f16",
  "#83613f",
  "#9a5bd0",
  "#2b8fd0",
  "#bf5394",
  "#7d8793",
];
const ALIKE = 4;
const DASHES = [undefined, [7, 3], [2, 3], [9, 3, 2, 3]];
const BANDS: Record<BandKind, { light: string; dark: string }> = {
  fault: { light: "#c92a2a", dark: "#ff7b6b" },
  release: { light: "#1864ab", dark: "#7cc0ff" },
  maintenance: { light: "#5f6b76", dark: "#aab4bf" },
};
/** A band of no more pixels than these is drawn as an instant. */
const NARROW = 4;
const FONT = "11px Pretendard Variable, sans-serif";

/** Return colour and dashes of a line: where colours come again or are hard to tell, its dashes differ. */
export function inkOf(index: number): { color: string; dash: number[] | undefined } {
  return {
    color: INKS[index % INKS.length] as string,
    dash: DASHES[Math.floor(index / ALIKE) % DASHES.length],
  };
}

/** Return a tick's words: the day where one begins, else the time of day. */
export function tickWord(zone: string, at: number, byDays: boolean): string {
  const clock = wall(zone, at);
  if (byDays || clock.endsWith("00:00:00")) return clock.slice(5, 10);
  return clock.endsWith(":00") ? clock.slice(11, 16) : clock.slice(11);
}

export function options(
  names: readonly string[],
  size: { width: number; height: number },
  look: () => Look,
  paths?: uPlot.Series.PathBuilder,
): uPlot.Options {
  const ink = () => (look().dark ? "#98a3ae" : "#5a646f");
  const axis: uPlot.Axis = {
    stroke: ink,
    grid: { stroke: () => (look().dark ? "#252a31" : "#eceff3"), width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  return {
    ...size,
    // Names of bands stand above the lines, not on them.
    padding: [
      (self) => (look().bands.some((band) => band.name && seen(self, band)) ? 18 : 8),
      20,
      0,
      0,
    ],
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      sync: { key: "time", setSeries: false, scales: ["x", null] },
    },
    legend: { show: false },
    scales: {
      x: {
        time: true,
        range: (self, low, high) => {
          const { span } = look();
          if (span) return [span.from, span.to];
          // A single point stands at the end of five minutes; uPlot would give it years.
          return self.data[0].length < 2 ? [low - 300, low] : [low, high];
        },
      },
      y: {
        range: (self, low, high) => {
          const found = ys(self, Math.min(0, low ?? 0), Math.max(high ?? 0, look().target ?? 0));
          return [found[0] as number, found.at(-1) as number];
        },
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 80,
        size: 26,
        splits: (self, _axis, low, high) =>
          ticks(look().zone, low * 1000, high * 1000, Math.max(2, Math.floor(self.width / 90))).map(
            (at) => at / 1000,
          ),
        values: (_self, at) => {
          const byDays = at.length > 1 && (at[1] as number) - (at[0] as number) > 80_000;
          const { zone, zoneName } = look();
          return at.map((tick, index) => {
            const word = tickWord(zone, tick * 1000, byDays);
            return index === 0 ? `${word} ${zoneName}` : word;
          });
        },
      },
      {
        ...axis,
        size: 58,
        splits: (self, _axis, low, high) => ys(self, low, high),
        values: (_self, values) => values.map(look().said),
      },
    ],
    series: [
      {},
      ...names.map((label, index) => {
        const { color, dash } = inkOf(index);
        return {
          label,
          stroke: color,
          width: 1.75,
          ...(paths ? { paths } : {}),
          ...(dash ? { dash } : {}),
          // A single line stands on its ground; of several each would cover the others'.
          ...(names.length === 1 ? { fill: (self: uPlot) => faded(self, color) } : {}),
        };
      }),
    ],
    hooks: {
      drawAxes: [(self) => drawBands(self, look())],
      draw: [(self) => drawTarget(self, look())],
      setCursor: [(self) => look().onCursor(self.cursor.idx ?? null)],
      setSelect: [
        (self) => {
          const { left, width } = self.select;
          if (width > 4) look().onZoom(self.posToVal(left, "x"), self.posToVal(left + width, "x"));
          if (width) self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Return the values at which lines go across; the first and the last are the ends of the axis. */
function ys(self: uPlot, low: number, high: number): number[] {
  const whole = self.data
    .slice(1)
    .every((values) => Array.prototype.every.call(values, (one) => !(one % 1)));
  return rounds(low, high, Math.floor((self.height - 44) / 28), whole);
}

/** Tell whether a band lies in what the axis spans, or will. */
function seen(self: uPlot, { from, to = from }: Annotation): boolean {
  // Asked for the first time, it has no data yet.
  const { data, scales } = self as Partial<Pick<uPlot, "data" | "scales">>;
  const [at, x] = [data?.[0] ?? [], scales?.x];
  const [first = 0, last = first] = [x?.min ?? at[0], x?.max ?? at.at(-1)];
  return to >= first && from <= last;
}

/** Return *color* as it goes out towards the axis. */
function faded({ ctx, bbox }: uPlot, color: string): CanvasGradient {
  const fill = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
  fill.addColorStop(0, `${color}33`);
  fill.addColorStop(1, `${color}05`);
  return fill;
}

function drawTarget(self: uPlot, { target, dark }: Look): void {
  if (target === undefined) return;
  const y = Math.round(self.valToPos(target, "y", true));
  self.ctx.save();
  self.ctx.strokeStyle = BANDS.fault[dark ? "dark" : "light"];
  self.ctx.setLineDash([5, 4]);
  self.ctx.beginPath();
  self.ctx.moveTo(self.bbox.left, y);
  self.ctx.lineTo(self.bbox.left + self.bbox.width, y);
  self.ctx.stroke();
  self.ctx.restore();
}

function drawBands(self: uPlot, { bands, dark }: Look): void {
  const { ctx, bbox } = self;
  const most = bbox.left + bbox.width;
  const above = bbox.top - 14 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  ctx.font = `${Math.round(11 * devicePixelRatio)}px Pretendard Variable, sans-serif`;
  // The axes have left theirs.
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  let written = 0;
  for (const band of bands.toSorted((one, other) => one.from - other.from)) {
    const left = self.valToPos(band.from, "x", true);
    const right = band.to === undefined ? left : self.valToPos(band.to, "x", true);
    if (right < bbox.left || left > most) continue;
    const color = BANDS[band.kind][dark ? "dark" : "light"];
    ctx.fillStyle = color;
    ctx.globalAlpha = 0.13;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    // Of one that is as narrow as its edges they are not drawn twice: many of them would hide the lines.
    ctx.globalAlpha = band.to === undefined ? 1 : 0.55;
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
    if (right - left > NARROW * devicePixelRatio)
      ctx.fillRect(right - devicePixelRatio, bbox.top, devicePixelRatio, bbox.height);
    ctx.globalAlpha = 1;
    // A word from its edge on, moved back where the chart ends, where none stands yet.
    const { width } = ctx.measureText(band.name);
    const start = Math.min(Math.max(left, bbox.left), most - width);
    if (start < Math.max(written, bbox.left)) continue;
    ctx.fillText(band.name, start, above);
    written = start + width + 8 * devicePixelRatio;
  }
  ctx.restore();
}

/** Return uPlot's view of what columns() made: it takes undefined for "goes on", as we do. */
export function aligned(drawn: Drawn): uPlot.AlignedData {
  return drawn as uPlot.AlignedData;
}
