/** The names of a chart's lines, each with its value; a press hides a line. */
import { type Ref, useImperativeHandle, useRef } from "react";
import { useUi } from "../texts/texts";
import classes from "./charts.module.css";
import { inkOf } from "./plot";

export interface Told {
  /** Write the values under the crosshair; *at*: its instant, or nothing. */
  tell(at: string, values: readonly string[]): void;
}

export function Legend({
  names,
  hidden,
  onFlip,
  told,
}: {
  names: readonly string[];
  hidden: ReadonlySet<string>;
  onFlip: (name: string) => void;
  told: Ref<Told>;
}) {
  const u = useUi();
  const box = useRef<HTMLDivElement>(null);
  // Written past React: it follows the mouse.
  useImperativeHandle(told, () => ({
    tell(at, values) {
      const places = box.current?.querySelectorAll("output") ?? [];
      for (const [index, place] of [...places].entries()) {
        const text = index === 0 ? at : (values[index - 1] ?? "");
        if (place.textContent !== text) place.textContent = text;
      }
    },
  }));
  return (
    <div ref={box} className={classes.legend}>
      <output className="dim" aria-live="off" />
      {names.map((name, index) => {
        const { color, dash } = inkOf(index);
        return (
          <button
            key={name}
            type="button"
            aria-pressed={!hidden.has(name)}
            title={u(hidden.has(name) ? "chart.show" : "chart.hide", { name })}
            onClick={() => onFlip(name)}
          >
            <svg width="14" height="8" aria-hidden>
              <path d="M0 4h14" stroke={color} strokeWidth="2" strokeDasharray={dash?.join(" ")} />
            </svg>
            {name} <output aria-live="off" />
          </button>
        );
      })}
    </div>
  );
}
