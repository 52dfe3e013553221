/** The clusters: choose, create, fork, delete; and how two of them differ. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { Button, NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { atSimulator, EVERY_MS, hooks } from "../ask";
import classes from "./clock.module.css";
import { Differences } from "./Differences";
import { Fork } from "./Fork";
import { useT } from "./words";

export interface Row {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly seed: number;
  readonly clock: { readonly now: string; readonly speed: number; readonly paused: boolean };
}

export function Clusters({
  cluster,
  onChoose,
  onChange,
}: {
  cluster: string;
  onChoose: (name: string) => void;
  onChange: () => void;
}) {
  const t = useT();
  const f = useFormat();
  const all = hooks.useQuery("get", "/api/v1/clusters", {}, { refetchInterval: EVERY_MS });
  const rows = (all.data?.clusters ?? []) as unknown as readonly Row[];
  const chosen = (name: string) => {
    onChange();
    onChoose(name);
  };
  return (
    <>
      <AskedPanel title={t("tab.clusters")} ask={all}>
        {() => (
          <ul className={classes.list} data-list="clusters">
            {rows.map((one) => (
              <li key={one.name} data-here={one.name === cluster || undefined}>
                <Button
                  variant={one.name === cluster ? "light" : "subtle"}
                  color="ink"
                  aria-pressed={one.name === cluster}
                  onClick={() => onChoose(one.name)}
                >
                  {one.name}
                </Button>
                <span className="dim">
                  {f.instant(one.clock.now)} · ×{f.number(one.clock.speed)} · {t("nodes")}{" "}
                  {f.number(one.nodes)} · {t("pods")} {f.number(one.pods)} · {t("seed")} {one.seed}
                </span>
                <Mutation
                  name={`delete-${one.name}`}
                  label={t("delete")}
                  danger
                  confirm={one.name}
                  cli={`ecp cluster delete ${one.name}`}
                  curl={curl("DELETE", `/api/v1/clusters/${one.name}`)}
                  run={async () => {
                    const { error } = await atSimulator.DELETE("/api/v1/clusters/{name}", {
                      params: { path: { name: one.name } },
                    });
                    if (error) throw error;
                    onChange();
                  }}
                />
              </li>
            ))}
          </ul>
        )}
      </AskedPanel>
      <Panel title={t("new.title")}>
        <New models={(all.data as { models?: string[] } | undefined)?.models} onMade={chosen} />
      </Panel>
      <Panel title={t("fork.title", { cluster })}>
        <Fork cluster={cluster} snapshot={null} onFork={chosen} />
        <p className="dim">{t("fork.say")}</p>
      </Panel>
      <Differences cluster={cluster} rows={rows} />
    </>
  );
}

function New({
  models = ["default"],
  onMade,
}: {
  models: readonly string[] | undefined;
  onMade: (name: string) => void;
}) {
  const t = useT();
  const [name, setName] = useState("");
  const [model, setModel] = useState("default");
  const [seed, setSeed] = useState<string | number>(0);
  const [paused, setPaused] = useState(false);
  const body = { name: name.trim(), model, seed: Number(seed), paused };
  return (
    <>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          label={t("name")}
          name="cluster-name"
          placeholder="team-a"
          value={name}
          onChange={(change) => setName(change.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          label={t("model")}
          value={model}
          onChange={(change) => setModel(change.currentTarget.value)}
          data={[...models]}
        />
        <NumberInput
          size="xs"
          w={90}
          label={t("seed")}
          value={seed}
          onChange={setSeed}
          allowDecimal={false}
        />
        <Mutation
          name="create-cluster"
          label={t("create")}
          disabled={body.name === ""}
          cli={`ecp cluster create ${quoted(body.name || "NAME")} --model ${model} --seed ${body.seed}${paused ? " --paused" : ""}`}
          curl={curl("POST", "/api/v1/clusters", body)}
          run={async () => {
            const { error } = await atSimulator.POST("/api/v1/clusters", { body: body as never });
            if (error) throw error;
            setName("");
            onMade(body.name);
          }}
        />
      </div>
      <Switch
        size="xs"
        label={t("paused")}
        checked={paused}
        onChange={(change) => setPaused(change.currentTarget.checked)}
      />
    </>
  );
}
