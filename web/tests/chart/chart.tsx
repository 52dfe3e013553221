/** The shared chart alone, with a day of twenty lines at five seconds: what measure.mjs moves on. */
import "@ecp/ui/styles";
import { type Series, TimeSeries } from "@ecp/ui/charts/TimeSeries";
import { theme } from "@ecp/ui/theme";
import { MantineProvider } from "@mantine/core";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const LINES = 20;
const POINTS = 17_280;
const STEP_S = 5;
const START_S = Date.UTC(2026, 0, 5) / 1000;

/** A line's value: a day's curve and noise that is the same each time. */
function value(line: number, point: number): number | null {
  const noise = ((point * 2654435761 + line * 40503) % 4096) / 4096;
  return point % 5000 < 12 ? null : 50 + line * 4 + 30 * Math.sin(point / 2750) + 12 * noise;
}

interface Day {
  readonly at: number[];
  readonly series: Series[];
}

function day(): Day {
  return {
    at: Array.from({ length: POINTS }, (_, i) => START_S + i * STEP_S),
    series: Array.from({ length: LINES }, (_, line) => ({
      name: `line ${line + 1}`,
      values: Array.from({ length: POINTS }, (_, i) => value(line, i)),
    })),
  };
}

function later({ at, series }: Day): Day {
  const next = (at.at(-1) as number) + STEP_S;
  const point = (next - START_S) / STEP_S;
  return {
    at: [...at.slice(1), next],
    series: series.map((one, line) => ({
      name: one.name,
      values: [...one.values.slice(1), value(line, point)],
    })),
  };
}

declare global {
  interface Window {
    /** Add five seconds; resolves when they are drawn. */
    next: () => Promise<void>;
  }
}

function Chart() {
  const [drawn, setDrawn] = useState(day);
  useEffect(() => {
    window.next = async () => {
      setDrawn(later);
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    };
  }, []);
  return (
    <div style={{ width: 1200 }}>
      <TimeSeries label="A day" at={drawn.at} series={drawn.series} height={480} />
    </div>
  );
}

createRoot(document.getElementById("app") as Element).render(
  <MantineProvider theme={theme}>
    <Chart />
  </MantineProvider>,
);
