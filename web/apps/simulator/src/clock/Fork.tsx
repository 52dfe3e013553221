/** Make a cluster of its own that goes on from another one, as it is or was. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { NumberInput, TextInput } from "@mantine/core";
import { IconGitFork } from "@tabler/icons-react";
import { useState } from "react";
import { atSimulator } from "../ask";
import classes from "./clock.module.css";
import { useT } from "./words";

export function Fork({
  cluster,
  snapshot,
  onFork,
}: {
  cluster: string;
  /** null: from the present */
  snapshot: string | null;
  onFork: (name: string) => void;
}) {
  const t = useT();
  const [name, setName] = useState("");
  const [seed, setSeed] = useState<string | number>("");
  const body = {
    name: name.trim(),
    ...(snapshot === null ? {} : { snapshot }),
    ...(seed === "" ? {} : { seed: Number(seed) }),
  };
  const cli = [
    `ecp clock fork ${quoted(body.name || "NAME")} --cluster ${cluster}`,
    snapshot === null ? "" : `--snapshot ${quoted(snapshot)}`,
    seed === "" ? "" : `--seed ${seed}`,
  ];
  return (
    <div className={classes.fields}>
      <TextInput
        size="xs"
        label={t("name")}
        name="fork-name"
        placeholder={`${cluster}-2`}
        value={name}
        onChange={(change) => setName(change.currentTarget.value)}
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
        name="fork"
        label={snapshot === null ? t("fork.now") : t("fork")}
        icon={<IconGitFork size={14} />}
        disabled={body.name === ""}
        cli={cli.filter(Boolean).join(" ")}
        curl={curl("POST", `/api/v1/clusters/${cluster}/fork`, body)}
        run={async () => {
          const { error } = await atSimulator.POST("/api/v1/clusters/{name}/fork", {
            params: { path: { name: cluster } },
            body: body as never,
          });
          if (error) throw error;
          setName("");
          onFork(body.name);
        }}
      />
    </div>
  );
}
