/** What can be done with a node: cordon, taint, drain, with what a drain would do asked before. */
import { Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Call, curled, kube, kubectl } from "./asking";
import { type Drained, drained, eviction, foreseen } from "./draining";
import { keyOf, type NodeRow, usePods } from "./inventory";
import classes from "./objects.module.css";
import { asTaint, type Taint } from "./taints";
import { useT } from "./words";

export function NodeActs({ cluster, row }: { cluster: string; row: NodeRow }) {
  const t = useT();
  const client = useQueryClient();
  const [text, write] = useState("");
  const pods = usePods(cluster, { namespace: "", node: row.name, selector: "" });
  const path = `/api/v1/nodes/${row.name}`;
  const run = async (call: Call) => {
    await kube(cluster, call);
    await client.invalidateQueries();
  };
  const cordon = (on: boolean): Call => ({
    method: "PATCH",
    path,
    body: { spec: { unschedulable: on || null } },
  });
  const taints = (found: readonly Taint[]): Call => ({
    method: "PATCH",
    path,
    body: { spec: { taints: found } },
  });
  const now = row.taints.flatMap((one) => asTaint(one) ?? []);
  const wanted = asTaint(text);
  const first = pods.data?.rows[0];
  const closed = !row.schedulable;
  return (
    <>
      <div className={classes.acts}>
        <Mutation
          label={t(closed ? "uncordon" : "cordon")}
          name={closed ? "uncordon" : "cordon"}
          cli={kubectl(cluster, `${closed ? "uncordon" : "cordon"} ${row.name}`)}
          curl={curled(cluster, cordon(!closed))}
          run={() => run(cordon(!closed))}
        />
        <Mutation
          label={t("drain")}
          name="drain"
          danger
          confirm={row.name}
          cli={kubectl(cluster, `drain ${row.name} --ignore-daemonsets --delete-emptydir-data`)}
          curl={
            first
              ? `${curled(cluster, cordon(true))}\n${curled(cluster, eviction(first, false))}`
              : curled(cluster, cordon(true))
          }
          run={async () => {
            await kube(cluster, cordon(true));
            const left = await drained(cluster, pods.data?.rows ?? [], false);
            await client.invalidateQueries();
            const held = left.filter((one) => one.fate === "held");
            if (held.length)
              throw {
                status: 429,
                error: {
                  code: "TooManyRequests",
                  message: t("drain.left", { count: held.length }),
                  details: held.map((one) => `${keyOf(one.pod)}: ${one.why}`),
                },
              };
          }}
        />
        <TextInput
          size="xs"
          w={230}
          aria-label={t("taint.what")}
          placeholder={t("taint.what")}
          value={text}
          onChange={(change) => write(change.currentTarget.value)}
        />
        <Mutation
          label={t("taint")}
          name="taint"
          disabled={!wanted}
          cli={kubectl(
            cluster,
            `taint nodes ${row.name} ${quoted(text.trim() || "KEY=VALUE:EFFECT")}`,
          )}
          curl={curled(cluster, taints(wanted ? [...now, wanted] : now))}
          run={() => run(taints(wanted ? [...now, wanted] : now))}
        />
        {row.taints.map((one, index) => (
          <Mutation
            key={one}
            name="untaint"
            label={t("untaint", { taint: one })}
            cli={kubectl(cluster, `taint nodes ${row.name} ${quoted(`${one}-`)}`)}
            curl={curled(cluster, taints(now.filter((_, at) => at !== index)))}
            run={() => run(taints(now.filter((_, at) => at !== index)))}
          />
        ))}
      </div>
      <Preview cluster={cluster} row={row} />
    </>
  );
}

function Preview({ cluster, row }: { cluster: string; row: NodeRow }) {
  const t = useT();
  const f = useFormat();
  const pods = usePods(cluster, { namespace: "", node: row.name, selector: "" });
  const [found, setFound] = useState<readonly Drained[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setFound(await foreseen(cluster, row.name, pods.data?.rows ?? []));
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const count = (fate: Drained["fate"]) =>
    f.number(found?.filter((one) => one.fate === fate).length ?? 0);
  return (
    <>
      <h3 className={classes.heading}>{t("drain.preview")}</h3>
      <p className="dim">{t("drain.say")}</p>
      <Button
        variant="default"
        data-do="drain-preview"
        loading={busy}
        disabled={!pods.data}
        onClick={() => void ask()}
      >
        {t("drain.ask")}
      </Button>
      {problem !== null && <ProblemView error={problem} />}
      {found && (
        <>
          <p data-drain>
            {t("drain.sum", { go: count("go"), later: count("later"), held: count("held") })}
          </p>
          <ul className={classes.list}>
            {found.map((one) => (
              <li key={keyOf(one.pod)}>
                <StatusBadge state={STATE[one.fate]} word={t(`drain.${one.fate}`)} />{" "}
                <span className="mono">{keyOf(one.pod)}</span>{" "}
                <span className="dim">{one.why}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const STATE = { go: "ready", later: "progressing", held: "at_risk", stays: "stopped" } as const;
