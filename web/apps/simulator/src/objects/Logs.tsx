/** What the containers of a pod wrote, as `kubectl logs` gets it. */
import { Answer } from "@ecp/ui/layout/Panel";
import { NativeSelect, Switch } from "@mantine/core";
import { useState } from "react";
import { useText } from "./asking";
import classes from "./objects.module.css";
import type { PodObject } from "./pod";
import { useT } from "./words";

const LINES = 500;

export function Logs({ cluster, pod }: { cluster: string; pod: PodObject }) {
  const t = useT();
  const names = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((one) => one.name);
  const [chosen, choose] = useState(names[0] ?? "");
  const [previous, setPrevious] = useState(false);
  const { namespace, name } = pod.metadata;
  const query = `container=${chosen}&timestamps=true&tailLines=${LINES}&previous=${previous}`;
  const ask = useText(
    cluster,
    `/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`,
    "text/plain",
    3000,
  );
  return (
    <>
      <div className={classes.acts}>
        {names.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label={t("logs.container")}
            value={chosen}
            onChange={(change) => choose(change.currentTarget.value)}
            data={names}
          />
        )}
        <Switch
          size="xs"
          label={t("logs.previous")}
          checked={previous}
          onChange={(change) => setPrevious(change.currentTarget.checked)}
        />
      </div>
      <p className="dim">{t("logs.simulated")}</p>
      <Answer ask={ask}>
        {(text) => (
          <div className={classes.text} role="region" tabIndex={0} aria-label={t("logs")}>
            {text || t("logs.none")}
          </div>
        )}
      </Answer>
    </>
  );
}
