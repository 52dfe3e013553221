/** The second step: how large it becomes, what that costs, and why. */
import { Columns, Figures } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, useGiven } from "../../ask";
import { countersOf } from "./choice";
import { useMoney } from "./money";
import type { Shortage, Sized, Why } from "./sizes";
import type { StepProps } from "./Wizard";
import classes from "./wizard.module.css";
import { useT } from "./words";

export function Size({ choice, choose }: StepProps) {
  const t = useT();
  const given = useGiven();
  const body = {
    ...countersOf(choice),
    cloud_provider: choice.provider,
    infrastructure: choice.infra as "dedicated" | "shared",
    ...(choice.gpu ? { gpu_type: choice.gpu } : {}),
  };
  const sized = useQuery({
    queryKey: ["size", body, given],
    staleTime: 30_000,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST("/api/v1/tenants/calculate-resources", {
        body: body as never,
      });
      if (error) throw error;
      return data as unknown as Sized;
    },
  });
  return (
    <Answer ask={sized} rows={8}>
      {(data) => (
        <>
          <Totals of={data} />
          <p className={classes.note}>{t("forecast")}</p>
          <Room of={data} />
          <Workloads of={data} />
          <Columns>
            <Costs of={data} />
            <Alternatives of={data} choose={choose} />
          </Columns>
        </>
      )}
    </Answer>
  );
}

function Totals({ of }: { of: Sized }) {
  const t = useT();
  const f = useFormat();
  const money = useMoney();
  const { totals } = of.resources;
  const nodes = of.node_pools.reduce((sum, pool) => sum + pool.nodes, 0);
  const most = of.node_pools.reduce((sum, pool) => sum + pool.max_nodes, 0);
  return (
    <Figures
      of={[
        {
          name: t("cpu"),
          value: (
            <span data-tip={`${totals.cpu}m`}>
              {t("figure.cores", { cores: f.cores(totals.cpu) })}
            </span>
          ),
          note: t("figure.pods", { pods: totals.pods }),
        },
        {
          name: t("memory"),
          value: <span data-tip={`${totals.memory} B`}>{f.bytes(totals.memory)}</span>,
        },
        { name: t("gpus"), value: f.number(totals.gpus), note: of.gpu_type ?? undefined },
        { name: t("nodes"), value: f.number(nodes), note: most > nodes ? `≤ ${most}` : undefined },
        ...(of.estimated_cost
          ? [
              {
                name: t("cost"),
                value: money(of.estimated_cost.krw, "KRW"),
                note: t("cost.note", { usd: money(of.estimated_cost.usd, "USD") }),
              },
            ]
          : []),
      ]}
    />
  );
}

/** Whether the cluster there is can take it. */
function Room({ of }: { of: Sized }) {
  const t = useT();
  const { capacity } = of.resources;
  if (!capacity) return null;
  if (capacity.fits) return <p className={classes.note}>{t("room.ok")}</p>;
  return (
    <div className={classes.room} role="status">
      <b>{t("room")}</b>
      <ul>
        {capacity.shortages.map((one) => (
          <li key={`${one.resource} ${one.message}`} data-tip={exactly(one)}>
            {one.message}
          </li>
        ))}
      </ul>
    </div>
  );
}

const UNITS: Readonly<Record<string, string>> = { cpu: "m", memory: " B" };

/** The quantities as they are compared, to the last byte. */
function exactly({ resource, needed, available }: Shortage): string {
  const unit = UNITS[resource] ?? "";
  const said = (amount: number | null) => (amount === null ? "–" : `${amount}${unit}`);
  return `${resource}: ${said(needed)} > ${said(available)}`;
}

function Workloads({ of }: { of: Sized }) {
  const t = useT();
  const f = useFormat();
  const { workloads, why } = of.resources;
  return (
    <Panel title={t("services")} flush>
      <div className={classes.rows}>
        <div className={classes.row} data-head>
          <span>{t("workload")}</span>
          <span>{t("replicas")}</span>
          <span>{t("cpu")}</span>
          <span>{t("memory")}</span>
          <span>{t("gpus")}</span>
          <span>{t("why")}</span>
        </div>
        {workloads.map((row) => (
          <details key={row.workload}>
            <summary className={classes.row}>
              <b>{row.workload}</b>
              <span>
                {row.replicas}
                {row.max_replicas > row.replicas && (
                  <small className="dim"> ≤ {row.max_replicas}</small>
                )}
              </span>
              <span data-tip={`${row.replicas} × ${row.cpu_millicores}m`}>
                {f.cores(row.cpu_millicores * row.replicas)}
              </span>
              <span data-tip={`${row.replicas} × ${row.memory_bytes} B`}>
                {f.bytes(row.memory_bytes * row.replicas)}
              </span>
              <span>{row.gpus ? f.number(row.gpus * row.replicas) : "–"}</span>
              <span className={classes.limit}>{limiting(row.why)?.text}</span>
            </summary>
            <Reasons of={row.why} />
          </details>
        ))}
      </div>
      <Reasons of={why} />
    </Panel>
  );
}

/** What decided how many there are: the last word on it. */
function limiting(why: readonly Why[]): Why | undefined {
  return why.findLast((one) => one.figure === "replicas");
}

function Reasons({ of }: { of: readonly Why[] }) {
  return (
    <ul className={classes.reasons}>
      {of.map((one) => (
        <li key={`${one.figure} ${one.rule}`}>
          <code className="dim">{one.rule}</code> {one.text}
        </li>
      ))}
    </ul>
  );
}

function Costs({ of }: { of: Sized }) {
  const t = useT();
  const f = useFormat();
  const money = useMoney();
  const cost = of.estimated_cost;
  return (
    <Panel title={t("pools")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th>{t("pool")}</th>
            <th>{t("machine")}</th>
            <th data-numeric>{t("nodes")}</th>
            <th data-numeric>{t("cpu")}</th>
            <th data-numeric>{t("memory")}</th>
            <th data-numeric>{t("gpus")}</th>
          </tr>
        </thead>
        <tbody>
          {of.node_pools.map((pool) => (
            <tr key={pool.pool}>
              <td>{pool.pool}</td>
              <td>{pool.machine}</td>
              <td data-numeric>{f.number(pool.nodes)}</td>
              <td data-numeric>{f.number(pool.cores * pool.nodes)}</td>
              <td data-numeric>{f.bytes(pool.memory_bytes * pool.nodes)}</td>
              <td data-numeric>{pool.gpus ? f.number(pool.gpus * pool.nodes) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {cost && (
        <>
          <table className={classes.table}>
            <tbody>
              {cost.items.map((item) => (
                <tr key={item.name}>
                  <td>{item.name}</td>
                  <td className="dim">
                    {f.number(item.amount)} {item.kind}
                  </td>
                  <td data-numeric>{money(item.krw, "KRW")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className={classes.note}>
            {t("prices")}:{" "}
            {t("prices.source", {
              basis: t(`basis.${cost.price_basis}`),
              date: cost.price_date,
              source: cost.price_source,
            })}
          </p>
          <p className={classes.note}>
            {t("prices.exchange", {
              usd: money(1, "USD"),
              krw: money(cost.exchange.krw_per_usd, "KRW"),
              source: cost.exchange.source,
            })}
          </p>
        </>
      )}
    </Panel>
  );
}

function Alternatives({ of, choose }: { of: Sized; choose: StepProps["choose"] }) {
  const t = useT();
  return (
    <Panel title={t("alternatives")}>
      <ul className={classes.alternatives}>
        {of.alternatives.map((one) => (
          <li key={one.text}>
            <span>{one.text}</span>
            {one.manifests && (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`${t("choose")}: ${one.text}`}
                onClick={() =>
                  choose({
                    provider: one.provider,
                    infra: one.infrastructure,
                    ...(one.differs_in.includes("gpu_type") ? { gpu: one.gpu_type ?? "" } : {}),
                  })
                }
              >
                {t("choose")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
