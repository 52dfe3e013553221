/** Pools of machines: their size, what they wait for, and how they are resized and upgraded. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { atSimulator, EVERY_MS, hooks } from "../../ask";
import classes from "./nodes.module.css";
import { useT } from "./words";

interface Machine {
  readonly name: string;
  readonly zone: string;
  readonly stage: string;
  readonly leaving_since: string | null;
  readonly waits_for_pods: readonly string[];
  readonly failure: string | null;
}

interface Pool {
  readonly name: string;
  readonly version: string;
  readonly size: number;
  readonly ready: number;
  readonly autoscaling: { readonly min: number; readonly max: number } | null;
  readonly machine: { readonly cpu: string; readonly memory: string; readonly gpus: number };
  readonly boot: Readonly<Record<string, string>>;
  readonly machines: readonly Machine[];
  readonly upgrade: {
    readonly version: string;
    readonly state: string;
    readonly replaced: number;
    readonly of: number;
    readonly failure: string | null;
  } | null;
}

interface Listed {
  readonly pools: readonly Pool[];
  readonly quota: Readonly<
    Record<
      string,
      { readonly used: number | string | null; readonly limit: number | string | null }
    >
  >;
}

export function Pools({ cluster }: { cluster: string }) {
  const t = useT();
  const ask = hooks.useQuery(
    "get",
    "/api/v1/clusters/{name}/pools",
    { params: { path: { name: cluster } } },
    { refetchInterval: EVERY_MS },
  );
  const typed = { ...ask, data: ask.data as unknown as Listed | undefined };
  return (
    <AskedPanel title={t("pools")} ask={typed}>
      {(found) => (
        <>
          {found.pools.length === 0 && <p className="dim">{t("pool.none")}</p>}
          <div className={classes.pools}>
            {found.pools.map((pool) => (
              <One key={pool.name} cluster={cluster} pool={pool} done={() => ask.refetch()} />
            ))}
          </div>
          <p className="dim">
            {t("quota")}:{" "}
            {Object.entries(found.quota)
              .map(([what, row]) =>
                t("quota.row", {
                  what,
                  used: String(row.used ?? 0),
                  limit: String(row.limit ?? t("unbounded")),
                }),
              )
              .join(" · ")}
          </p>
        </>
      )}
    </AskedPanel>
  );
}

function One({
  cluster,
  pool,
  done,
}: {
  cluster: string;
  pool: Pool;
  done: () => Promise<unknown>;
}) {
  const t = useT();
  const f = useFormat();
  const [size, setSize] = useState<number | string>(pool.size);
  const [version, setVersion] = useState(pool.version);
  const at = `/api/v1/clusters/${cluster}/pools/${pool.name}`;
  const path = { name: cluster, pool: pool.name };
  const moving = pool.machines.filter((one) => one.stage !== "ready" || one.leaving_since);
  const stages = Object.entries(pool.boot)
    .map(([stage, delay]) => `${stage} ${delay}`)
    .join(", ");
  return (
    <section className={classes.pool} aria-label={pool.name}>
      <h3>
        {pool.name} <span className="dim">{pool.version}</span>
      </h3>
      <p>
        <StatusBadge
          state={pool.ready >= pool.size ? "ready" : "progressing"}
          word={t("pool.ready", { ready: f.number(pool.ready), size: f.number(pool.size) })}
        />
        <span className="dim">
          {" "}
          {pool.autoscaling
            ? t("pool.autoscaled", {
                min: f.number(pool.autoscaling.min),
                max: f.number(pool.autoscaling.max),
              })
            : t("pool.fixed")}
        </span>
      </p>
      <p className="dim">
        {t("pool.machine", {
          cpu: pool.machine.cpu,
          memory: pool.machine.memory,
          gpus: f.number(pool.machine.gpus),
        })}
        {stages && `. ${t("pool.boot", { stages })}`}
      </p>
      {pool.upgrade && (
        <p>
          <StatusBadge
            state={pool.upgrade.state === "done" ? "complete" : pool.upgrade.state}
            word={t("pool.upgrade", {
              version: pool.upgrade.version,
              state: pool.upgrade.state,
              replaced: f.number(pool.upgrade.replaced),
              of: f.number(pool.upgrade.of),
            })}
          />{" "}
          {pool.upgrade.failure}
        </p>
      )}
      {moving.length > 0 && (
        <>
          <h4>{t("pool.machines")}</h4>
          <ul>
            {moving.map((one) => (
              <li key={one.name}>
                <span className="mono">{one.name}</span> <span className="dim">{one.zone}</span>{" "}
                {one.failure ??
                  (one.leaving_since
                    ? t("pool.leaving", { count: f.number(one.waits_for_pods.length) })
                    : one.stage)}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className={classes.acts}>
        <NumberInput
          size="xs"
          w={90}
          min={0}
          max={5000}
          aria-label={`${pool.name}: ${t("size")}`}
          value={size}
          onChange={setSize}
        />
        <Mutation
          label={t("resize")}
          name={`resize-${pool.name}`}
          disabled={typeof size !== "number" || size === pool.size}
          cli={`ecp pool set ${pool.name} --size ${size} --cluster ${cluster}`}
          curl={curl("PATCH", at, { size })}
          run={async () => {
            const { error } = await atSimulator.PATCH("/api/v1/clusters/{name}/pools/{pool}", {
              params: { path },
              body: { size: Number(size) },
            });
            if (error) throw error;
            await done();
          }}
        />
        <TextInput
          size="xs"
          w={100}
          aria-label={`${pool.name}: ${t("to.version")}`}
          value={version}
          onChange={(change) => setVersion(change.currentTarget.value)}
        />
        <Mutation
          label={t("upgrade")}
          name={`upgrade-${pool.name}`}
          disabled={version.trim() === "" || version.trim() === pool.version}
          cli={`ecp pool upgrade ${pool.name} --version ${quoted(version.trim())} --cluster ${cluster}`}
          curl={curl("POST", `${at}/upgrade`, { version: version.trim() })}
          run={async () => {
            const { error } = await atSimulator.POST(
              "/api/v1/clusters/{name}/pools/{pool}/upgrade",
              {
                params: { path },
                body: { version: version.trim() },
              },
            );
            if (error) throw error;
            await done();
          }}
        />
      </div>
    </section>
  );
}
