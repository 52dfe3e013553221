/** The range at a glance: how much changed when, lanes of what it meant, and the instant shown. */
import { useFormat } from "@ecp/ui/view/format";
import type { PointerEvent } from "react";
import { micros, part, written } from "./replay";
import classes from "./timeline.module.css";
import type { History } from "./useHistory";
import { useT } from "./words";

export interface Span {
  readonly id: string;
  readonly from: string;
  /** null: it goes on */
  readonly to: string | null;
  readonly title: string;
}

const LANES = ["release", "scaling", "unready", "node-lost", "warning"] as const;
const TALL = { changes: 44, pods: 34, lane: 14 };

export function Scrubber({
  history,
  at,
  versus,
  faults,
  incidents,
  onSeek,
}: {
  history: History;
  /** Microseconds. */
  at: number;
  versus: number | null;
  faults: readonly Span[];
  incidents: readonly Span[];
  onSeek: (at: number) => void;
}) {
  const t = useT();
  const f = useFormat();
  const from = micros(history.from);
  const to = micros(history.to);
  const seek = (press: PointerEvent<HTMLElement>) => {
    if (press.buttons !== 1) return;
    const box = press.currentTarget.getBoundingClientRect();
    onSeek(Math.round(from + ((press.clientX - box.left) / box.width) * (to - from)));
  };
  const bucketAt = (index: number) =>
    f.instant(written(Math.round(from + index * history.step_seconds * 1e6)));
  const lanes = LANES.filter((name) => history.lanes[name]?.some((count) => count > 0));
  return (
    <div className={classes.scrubber}>
      <div className={classes.names} aria-hidden>
        <span style={{ height: TALL.changes }}>{t("lane.changes")}</span>
        <span style={{ height: TALL.pods }}>{t("lane.pods")}</span>
        {lanes.map((name) => (
          <span key={name} style={{ height: TALL.lane }} data-lane={name}>
            {t(`lane.${name}`)}
          </span>
        ))}
        <span style={{ height: TALL.lane }} data-lane="faults">
          {t("lane.faults")}
        </span>
        <span style={{ height: TALL.lane }} data-lane="incidents">
          {t("lane.incidents")}
        </span>
      </div>
      <div className={classes.lanes} onPointerDown={seek} onPointerMove={seek}>
        <Bars counts={history.changes} tall={TALL.changes} name={bucketAt} />
        <Area values={history.pods_ready} tall={TALL.pods} label={t("lane.pods")} />
        {lanes.map((name) => (
          <Bars
            key={name}
            counts={history.lanes[name] ?? []}
            tall={TALL.lane}
            name={bucketAt}
            lane={name}
          />
        ))}
        <Spans spans={faults} from={from} to={to} lane="faults" />
        <Spans spans={incidents} from={from} to={to} lane="incidents" />
        {versus !== null && (
          <i className={classes.versus} style={{ left: `${100 * part(versus, from, to)}%` }} />
        )}
        <i className={classes.cursor} style={{ left: `${100 * part(at, from, to)}%` }} />
      </div>
      <span className={classes.edge}>{f.clock(Math.floor(from / 1000), true)}</span>
      <div>
        <input
          type="range"
          className={classes.range}
          aria-label={t("scrubber")}
          aria-valuetext={f.instant(written(at))}
          min={0}
          max={1000}
          step={1}
          value={Math.round(1000 * part(at, from, to))}
          onChange={(change) =>
            onSeek(Math.round(from + (Number(change.currentTarget.value) / 1000) * (to - from)))
          }
        />
        <div className={classes.ticks} aria-hidden>
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <span key={share}>
              {f.clock(Math.floor((from + share * (to - from)) / 1000), to - from > 864e8)}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

function Bars({
  counts,
  tall,
  name,
  lane,
}: {
  counts: readonly number[];
  tall: number;
  name: (index: number) => string;
  lane?: string;
}) {
  const t = useT();
  const f = useFormat();
  const most = Math.log1p(Math.max(1, ...counts));
  return (
    <svg
      viewBox={`0 0 ${counts.length} ${tall}`}
      preserveAspectRatio="none"
      height={tall}
      width="100%"
      aria-hidden
    >
      {counts.map((count, index) => {
        if (!count) return null;
        // By their logarithm: a birth of a cluster would flatten all that comes after it.
        const height = lane ? tall - 4 : Math.max(2, (Math.log1p(count) / most) * (tall - 4));
        return (
          <rect
            key={index}
            x={index + 0.08}
            y={tall - height - (lane ? 2 : 0)}
            width={0.84}
            height={height}
            className={classes.bar}
            data-lane={lane ?? "changes"}
          >
            <title>{t("lane.count", { at: name(index), count: f.number(count) })}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function Area({ values, tall, label }: { values: readonly number[]; tall: number; label: string }) {
  const f = useFormat();
  const most = Math.max(1, ...values);
  const y = (value: number) => tall - (value / most) * (tall - 4);
  const top = values.map((value, index) => `L${index} ${y(value)}L${index + 1} ${y(value)}`);
  return (
    <svg
      viewBox={`0 0 ${values.length} ${tall}`}
      preserveAspectRatio="none"
      height={tall}
      width="100%"
      aria-hidden
    >
      <title>{`${label}: ${f.number(Math.min(...values))}–${f.number(most)}`}</title>
      <path d={`M0 ${tall}${top.join("")}L${values.length} ${tall}Z`} className={classes.area} />
    </svg>
  );
}

function Spans({
  spans,
  from,
  to,
  lane,
}: {
  spans: readonly Span[];
  from: number;
  to: number;
  lane: string;
}) {
  return (
    <div className={classes.spans} style={{ height: TALL.lane }}>
      {spans.map((span) => {
        const left = part(micros(span.from), from, to);
        const right = span.to === null ? 1 : part(micros(span.to), from, to);
        const out = span.to !== null && micros(span.to) < from;
        return out ? null : (
          <i
            key={span.id}
            title={span.title}
            data-lane={lane}
            style={{ left: `${100 * left}%`, width: `${100 * (right - left)}%` }}
          />
        );
      })}
    </div>
  );
}
