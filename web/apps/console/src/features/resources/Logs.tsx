/** The last lines of one pod or of several as one log; asked for again while it is followed. */

import { Empty } from "@ecp/ui/layout/Empty";
import { Answer } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { hooks, useGiven } from "../../ask";
import classes from "./resources.module.css";
import type { Log } from "./types";
import { useT } from "./words";

const FOLLOWED_MS = 2000;
const TAILS = [100, 200, 500, 1000];
const INKS = [
  "#5b7be0",
  "#0ca678",
  "#e8890c",
  "#b05fd0",
  "#e0527f",
  "#1098ad",
  "#74a816",
  "#8a939c",
];

export function Logs({
  tenant,
  pods,
  containers,
  simulated,
}: {
  tenant: string;
  pods: readonly string[];
  /** Of the pod, where there is one only. */
  containers: readonly string[];
  simulated: boolean;
}) {
  const t = useT();
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const [container, setContainer] = useState("");
  const [tail, setTail] = useState(200);
  const [follows, setFollows] = useState(true);
  const [previous, setPrevious] = useState(false);
  const [wraps, setWraps] = useState(true);
  const [words, setWords] = useState("");
  const read = pods.filter((pod) => !without.has(pod));
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/{tenant_id}/resources/logs",
    {
      ...useGiven(),
      params: { path: { tenant_id: tenant }, query: { pod: read, container, tail, previous } },
    },
    {
      enabled: read.length > 0,
      refetchInterval: follows && !previous ? FOLLOWED_MS : false,
      placeholderData: (before) => before,
      retry: false,
    },
  );
  if (!pods.length) return <Empty say={t("logs.no-pods")} />;
  return (
    <>
      <div className={classes.tools}>
        {containers.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label={t("logs.container")}
            value={container}
            onChange={(event) => setContainer(event.currentTarget.value)}
            data={[
              { value: "", label: t("logs.container.all") },
              ...containers.map((name) => ({ value: name, label: name })),
            ]}
          />
        )}
        <NativeSelect
          size="xs"
          aria-label={t("logs.tail")}
          value={String(tail)}
          onChange={(event) => setTail(Number(event.currentTarget.value))}
          data={TAILS.map((count) => ({
            value: String(count),
            label: `${t("logs.tail")}: ${count}`,
          }))}
        />
        <TextInput
          size="xs"
          w={170}
          aria-label={t("logs.filter")}
          placeholder={t("logs.filter")}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        {(
          [
            ["logs.follow", follows, setFollows],
            ["logs.previous", previous, setPrevious],
            ["logs.wrap", wraps, setWraps],
          ] as const
        ).map(([key, on, set]) => (
          <label key={key}>
            <input
              type="checkbox"
              checked={on}
              onChange={(event) => set(event.currentTarget.checked)}
            />
            {t(key)}
          </label>
        ))}
      </div>
      {pods.length > 1 && (
        <div className={classes.pods} role="group" aria-label={t("logs.pods")}>
          {pods.map((pod) => (
            <Button
              key={pod}
              variant="default"
              size="compact-xs"
              aria-pressed={!without.has(pod)}
              data-off={without.has(pod) || undefined}
              leftSection={<Ink of={pod} among={pods} />}
              onClick={() => {
                const next = new Set(without);
                if (!next.delete(pod)) next.add(pod);
                setWithout(next);
              }}
            >
              {pod}
            </Button>
          ))}
        </div>
      )}
      {simulated && <p className={classes.note}>{t("logs.simulated")}</p>}
      {read.length > 0 && (
        <Answer ask={asked} rows={6}>
          {(data) => <Lines log={data as unknown as Log} pods={pods} words={words} wraps={wraps} />}
        </Answer>
      )}
    </>
  );
}

/** The colour of a pod's lines; its name stands beside them as well. */
function Ink({ of, among }: { of: string; among: readonly string[] }) {
  return (
    <svg width="10" height="10" aria-hidden>
      <rect width="10" height="10" rx="2" fill={INKS[among.indexOf(of) % INKS.length]} />
    </svg>
  );
}

function Lines({
  log,
  pods,
  words,
  wraps,
}: {
  log: Log;
  pods: readonly string[];
  words: string;
  wraps: boolean;
}) {
  const t = useT();
  const f = useFormat();
  const shown = useMemo(() => {
    const wanted = words.toLowerCase();
    return wanted
      ? log.lines.filter((line) => `${line.pod} ${line.text}`.toLowerCase().includes(wanted))
      : log.lines;
  }, [log, words]);
  const several = pods.length > 1;
  const containers = new Set(log.lines.map((line) => line.container)).size > 1;
  return (
    <>
      {shown.length === 0 ? (
        <Empty say={t(words ? "logs.none.chosen" : "logs.none")} />
      ) : (
        <div
          className={classes.log}
          data-wraps={wraps || undefined}
          tabIndex={0}
          role="log"
          aria-label={t("logs")}
        >
          {shown.map((line, index) => (
            <div key={index}>
              <time dateTime={line.at} title={f.instant(line.at)}>
                {f.instant(line.at).slice(5, 19)}
              </time>
              {several && (
                <b title={line.pod}>
                  <Ink of={line.pod} among={pods} /> {line.pod}
                </b>
              )}
              {containers && <b>{line.container}</b>}
              <span>{line.text}</span>
            </div>
          ))}
        </div>
      )}
      {log.silent.map((one) => (
        <p key={`${one.pod} ${one.container}`} className={classes.note}>
          {t("logs.silent", { ...one })}
        </p>
      ))}
      {log.left_out > 0 && (
        <p className={classes.note}>{t("logs.left", { count: log.left_out })}</p>
      )}
    </>
  );
}
