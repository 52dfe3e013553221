/** Plays the change log: at a speed, change by change, to the next failure. */
import { useFormat } from "@ecp/ui/view/format";
import { Button, NativeSelect } from "@mantine/core";
import {
  IconAlertTriangle,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
} from "@tabler/icons-react"; // prettier-ignore
import { useEffect, useRef, useState } from "react";
import { atSimulator } from "../../ask";
import { beside, micros, played, written } from "./replay";
import classes from "./timeline.module.css";
import { type Change, type Filter, said } from "./useHistory";
import { useT } from "./words";

const SPEEDS = ["1", "10", "60", "300", "1000"];
const FRAME_MS = 200;

interface Given {
  readonly cluster: string;
  readonly filter: Filter;
  /** Microseconds. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
  readonly onSeek: (at: number) => void;
  readonly onNow: () => void;
  readonly onFirst: () => void;
  readonly onFound: (change: Change) => void;
}

export function Replay({
  cluster,
  filter,
  at,
  start,
  end,
  onSeek,
  onNow,
  onFirst,
  onFound,
}: Given) {
  const t = useT();
  const f = useFormat();
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState("60");
  const [none, setNone] = useState(false);
  const seek = useRef(onSeek);
  const bound = useRef(end);
  useEffect(() => {
    seek.current = onSeek;
    bound.current = end;
  });
  const head = useRef(at);
  useEffect(() => {
    if (!playing) return undefined;
    const began = performance.now();
    const from = head.current;
    const timer = setInterval(() => {
      const next = played(from, performance.now() - began, Number(speed), bound.current);
      head.current = next;
      seek.current(next);
      if (next >= bound.current) setPlaying(false);
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, speed]);

  // From the present everything lies behind: it begins anew at the range's own beginning.
  const from = at >= end ? start : at;
  const jump = async (way: 1 | -1, mark: string[]) => {
    setPlaying(false);
    const edge = way === 1 && from === start ? written(from) : beside(written(at), way);
    const range = way === 1 ? { from: edge, after: 0 } : { to: edge };
    const { data, error } = await atSimulator.GET("/api/v1/clusters/{name}/history/changes", {
      params: {
        path: { name: cluster },
        query: { ...said(filter), ...range, ...(mark.length ? { mark } : {}), limit: 1 },
      },
    });
    const found = error ? undefined : (data as unknown as { changes: Change[] }).changes[0];
    setNone(found === undefined);
    if (found) {
      onSeek(micros(found.at));
      onFound(found);
    }
  };
  return (
    <div className={classes.replay}>
      <Button
        data-do="play"
        leftSection={playing ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
        onClick={() => {
          head.current = from;
          setPlaying(!playing);
        }}
      >
        {playing ? t("pause") : t("play")}
      </Button>
      <NativeSelect
        size="xs"
        aria-label={t("speed")}
        value={speed}
        onChange={(change) => setSpeed(change.currentTarget.value)}
        data={SPEEDS.map((one) => ({ value: one, label: `×${one}` }))}
      />
      <time dateTime={written(at)}>{f.instant(written(at))}</time>
      <Button
        variant="default"
        data-do="previous-change"
        leftSection={<IconPlayerSkipBack size={15} />}
        onClick={() => void jump(-1, [])}
      >
        {t("previous.change")}
      </Button>
      <Button
        variant="default"
        data-do="next-change"
        leftSection={<IconPlayerSkipForward size={15} />}
        onClick={() => void jump(1, [])}
      >
        {t("next.change")}
      </Button>
      <Button
        variant="default"
        data-do="next-failure"
        leftSection={<IconAlertTriangle size={15} />}
        onClick={() => void jump(1, ["failure"])}
      >
        {t("next.failure")}
      </Button>
      <Button variant="subtle" data-do="first" onClick={onFirst}>
        {t("mark")}
      </Button>
      <Button
        variant="subtle"
        onClick={() => {
          setPlaying(false);
          onNow();
        }}
      >
        {t("now")}
      </Button>
      <span role="status" className="dim">
        {none ? t("next.none") : ""}
      </span>
    </div>
  );
}
