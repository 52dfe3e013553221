/** Why a pod is on its node, or waits: each node's verdict with its figures, and what would help. */
import { Commands, curl } from "@ecp/ui/actions/Mutation";
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { DataTable } from "@ecp/ui/table/DataTable";
import type { Column } from "@ecp/ui/table/order";
import { useFormat } from "@ecp/ui/view/format";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { EVERY_MS, hooks } from "../ask";
import { useAmount } from "./Bar";
import classes from "./objects.module.css";
import { Stuck } from "./Stuck";
import { type Placement, remedies, short, type Verdict, type Wish } from "./scheduling";
import { useT } from "./words";

export function Why({
  cluster,
  namespace,
  pod,
}: {
  cluster: string;
  namespace: string;
  pod: string;
}) {
  const t = useT();
  const { language } = useFormat();
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/placement/{namespace}/{pod}",
    {
      params: { path: { name: cluster, namespace, pod } },
      // Its sentences are the service's.
      headers: { "Accept-Language": language },
    },
    { refetchInterval: EVERY_MS },
  );
  return (
    <>
      <Answer ask={{ ...ask, data: ask.data as unknown as Placement | undefined }} rows={8}>
        {(found) => <Told of={found} />}
      </Answer>
      <h3 className={classes.heading}>{t("why.cli")}</h3>
      <Commands
        cli={`ecp placement ${pod} -n ${namespace} --cluster ${cluster}`}
        curl={curl("GET", `/api/v1/clusters/${cluster}/placement/${namespace}/${pod}`)}
      />
    </>
  );
}

function Told({ of }: { of: Placement }) {
  const t = useT();
  const f = useFormat();
  const fitting = of.nodes.filter((row) => row.fits).length;
  const verdict = {
    placed: () => t(of.trouble ? "why.not.ready" : "why.placed", { node: of.node ?? "" }),
    pending: () => (fitting ? t("why.soon", { count: f.number(fitting) }) : t("why.pending")),
    gated: () => t("why.gated"),
    foreign: () => t("why.foreign"),
    over: () => t("why.over"),
  }[of.state];
  return (
    <>
      <p className={classes.verdict}>{verdict?.() ?? of.state}</p>
      {of.message && <p className={classes.message}>{of.message}</p>}
      {of.trouble && <Stuck title={t("why.trouble")} rows={[of.trouble]} />}
      {of.state === "pending" && <Wishes of={of} />}
      {of.state === "pending" && !fitting && <Changes of={of} />}
      <h3 className={classes.heading}>{t("why.nodes")}</h3>
      <Nodes of={of} />
    </>
  );
}

/** What a pod asks, with who gives it; what few or none give first. */
function Wishes({ of }: { of: Placement }) {
  const t = useT();
  const all = of.nodes.length;
  const share = (one: Wish) => one.nodes ?? all;
  const state = ({ kind, nodes }: Wish) => {
    // Whether these are given hangs on other pods and volumes.
    if (nodes === null) return kind === of.trouble?.cause ? "missing" : "unknown";
    return nodes === 0 ? "missing" : nodes < all ? "at_risk" : "ready";
  };
  return (
    <>
      <h3 className={classes.heading}>{t("why.asks")}</h3>
      {of.wishes.length === 0 && <p className="dim">{t("why.asks.nothing")}</p>}
      <ul className={classes.list} data-wishes>
        {[...of.wishes]
          .sort((a, b) => share(a) - share(b))
          .map((one) => (
            <li key={one.wish}>
              <StatusBadge state={state(one)} word={one.wish} />
              {one.given && <div className="dim">{one.given}</div>}
            </li>
          ))}
      </ul>
    </>
  );
}

function Changes({ of }: { of: Placement }) {
  const t = useT();
  const f = useFormat();
  const amount = useAmount();
  const below = of.nodes
    .filter((row) => row.preemption_may_help)
    .flatMap((row) => row.below.map((one) => ({ ...one, node: row.node })));
  return (
    <>
      <h3 className={classes.heading}>{t("why.change")}</h3>
      {of.changes.length > 0 ? (
        <ol className={classes.changes} data-changes>
          {of.changes.map((one) => (
            <li key={one.text}>
              <strong>{one.text}</strong> <span className="dim">{one.then}</span>
            </li>
          ))}
        </ol>
      ) : (
        <ul className={`${classes.list} ${classes.remedies}`} data-remedies>
          {remedies(of.nodes).map(([name, rows]) => (
            <li key={name}>
              <span className="dim">{t("remedy.nodes", { count: f.number(rows.length) })}</span>
              <span>
                {t(`remedy.${name}`, { reason: rows[0]?.reasons.join(", ") ?? "" })}
                {(name === "gpu" || name === "resource") &&
                  short(rows)
                    .filter((one) => one.resource.includes("gpu") === (name === "gpu"))
                    .map((one) => (
                      <span key={one.resource} className="dim">
                        {" "}
                        {t("remedy.short", {
                          resource: one.resource,
                          asked: amount(one.resource, one.asked),
                          most: amount(one.resource, one.most),
                        })}
                      </span>
                    ))}
                {name === "taint" && (
                  <span className="mono"> {[...new Set(rows.flatMap(taintsOf))].join(", ")}</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p>
        <Link to="/nodes" search={((old: object) => ({ ...old, pod: "", tab: "" })) as never}>
          {t("why.to.nodes")}
        </Link>
      </p>
      <h3 className={classes.heading}>
        {t("why.preemption", { priority: f.number(of.priority) })}
      </h3>
      {below.length ? (
        <ul className={classes.list}>
          {below.slice(0, 10).map((one) => (
            <li key={`${one.node} ${one.pod}`}>
              <span className="mono">{one.pod}</span> <span className="dim">{one.node}</span>{" "}
              {t("why.frees", {
                priority: f.number(one.priority),
                frees: Object.entries(one.frees)
                  .map(([what, value]) => `${what} ${amount(what, value)}`)
                  .join(", "),
              })}
            </li>
          ))}
        </ul>
      ) : (
        <p className="dim">{t("why.preemption.none")}</p>
      )}
    </>
  );
}

const taintsOf = (row: Verdict) =>
  row.taints.map((one) => `${one.key}${one.value ? `=${one.value}` : ""}:${one.effect}`);

function Nodes({ of }: { of: Placement }) {
  const t = useT();
  const f = useFormat();
  const amount = useAmount();
  const figures = useCallback(
    (row: Verdict) =>
      row.figures
        .filter((one) => one.asked > one.free)
        .map((one) =>
          t("why.short", {
            resource: one.resource,
            asked: amount(one.resource, one.asked),
            free: amount(one.resource, one.free),
          }),
        ),
    [t, amount],
  );
  const columns = useMemo<Column<Verdict>[]>(
    () => [
      {
        id: "node",
        head: t("on.node"),
        by: (row) => row.node,
        width: "minmax(170px, 1fr)",
        cell: (row) => (
          <>
            <span className="mono">{row.node}</span>
            {row.node === of.node && <b> ← {t("why.here")}</b>}
            {of.best.includes(row.node) && <span className="dim"> {t("why.best")}</span>}
          </>
        ),
      },
      {
        id: "verdict",
        head: t("why.verdict"),
        by: (row) => (row.fits ? 0 : 1),
        width: "84px",
        cell: (row) => (
          <StatusBadge
            state={row.fits ? "ready" : "down"}
            word={t(row.fits ? "why.passes" : "why.refused")}
          />
        ),
      },
      {
        id: "score",
        head: t("why.score"),
        by: (row) => row.total,
        width: "60px",
        numeric: true,
        cell: (row) => f.number(row.total),
      },
      {
        id: "reason",
        head: t("why.reason"),
        by: (row) => (row.plugin ? `${row.plugin} ${row.reasons.join(" ")}` : ""),
        width: "minmax(230px, 2.2fr)",
        cell: (row) => {
          const taints = row.plugin === "TaintToleration" ? taintsOf(row) : [];
          const said = row.fits
            ? row.scores
                .filter((one) => one.weighted)
                .sort((a, b) => b.weighted - a.weighted)
                .map((one) => `${one.plugin} ${f.number(one.weighted)}`)
                .join(" · ")
            : [row.plugin, ...figures(row), ...(taints.length ? taints : row.reasons)]
                .filter((one, at) => at < 1 || !one?.startsWith("Insufficient "))
                .join(" · ");
          return <span title={said}>{said}</span>;
        },
      },
    ],
    [t, f, figures, of],
  );
  const [chosen, choose] = useState("");
  const shown = of.nodes.find((row) => row.node === (chosen || of.node || of.best[0]));
  return (
    <>
      <DataTable
        name="why"
        label={t("why.nodes")}
        rows={of.nodes}
        columns={columns}
        id={(row) => row.node}
        sort="-score"
        height={340}
        open={shown?.node ?? ""}
        onOpen={(row) => choose(row.node)}
        empty={null}
      />
      {shown?.fits && <Scores of={shown} />}
    </>
  );
}

/** What each plug-in gave a node that passed. */
function Scores({ of }: { of: Verdict }) {
  const t = useT();
  const f = useFormat();
  const most = Math.max(1, ...of.scores.map((one) => one.weighted));
  return (
    <>
      <h3 className={classes.heading}>{t("why.scores", { node: of.node })}</h3>
      <ul className={classes.scores}>
        {[...of.scores]
          .sort((a, b) => b.weighted - a.weighted)
          .map((one) => (
            <li key={one.plugin}>
              <span className="mono">{one.plugin}</span>
              <span className={classes.track} aria-hidden>
                <i style={{ width: `${(100 * one.weighted) / most}%` }} />
              </span>
              <span>{f.number(one.weighted)}</span>
            </li>
          ))}
      </ul>
    </>
  );
}
