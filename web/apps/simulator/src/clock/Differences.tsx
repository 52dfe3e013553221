/** How two clusters differ, as of a fork from what it was made of: time, seed, objects. */
import { Figures } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { EVERY_MS, hooks } from "../ask";
import type { Row } from "./Clusters";
import classes from "./clock.module.css";
import { differing, type Listed } from "./differ";
import { useT } from "./words";

const SHOWN = 40;

export function Differences({ cluster, rows }: { cluster: string; rows: readonly Row[] }) {
  const t = useT();
  const [other, setOther] = useState("");
  const others = rows.map((one) => one.name).filter((name) => name !== cluster);
  return (
    <Panel title={t("differ.title", { cluster })}>
      <NativeSelect
        size="xs"
        w={220}
        label={t("differ.with")}
        value={other}
        onChange={(change) => setOther(change.currentTarget.value)}
        data={["", ...others]}
      />
      {others.includes(other) ? (
        <Compared
          left={rows.find((one) => one.name === cluster)}
          right={rows.find((one) => one.name === other)}
        />
      ) : (
        <p className="dim">{t("differ.pick")}</p>
      )}
    </Panel>
  );
}

function Compared({ left, right }: { left: Row | undefined; right: Row | undefined }) {
  const t = useT();
  const f = useFormat();
  const of = (name: string) =>
    ({ params: { query: { cluster: name } } }) as { params: { query: { cluster: string } } };
  const here = hooks.useQuery("get", "/k8s/resources", of(left?.name ?? ""), {
    enabled: left !== undefined,
    refetchInterval: EVERY_MS * 2,
  });
  const there = hooks.useQuery("get", "/k8s/resources", of(right?.name ?? ""), {
    enabled: right !== undefined,
    refetchInterval: EVERY_MS * 2,
  });
  if (!left || !right) return null;
  const objects = (data: unknown) =>
    ((data as { resources?: Listed[] } | undefined)?.resources ?? []) as readonly Listed[];
  const apart = (Date.parse(left.clock.now) - Date.parse(right.clock.now)) / 1000;
  return (
    <Answer ask={there}>
      {(data) => {
        const found = differing(objects(here.data), objects(data));
        const word = { left: left.name, right: right.name };
        return (
          <>
            <Figures
              of={[
                { name: t("differ.time"), value: f.duration(apart) },
                { name: t("seed"), value: `${left.seed} / ${right.seed}` },
                { name: t("pods"), value: `${f.number(left.pods)} / ${f.number(right.pods)}` },
              ]}
            />
            {found.length === 0 && here.data !== undefined && <p>{t("differ.none")}</p>}
            <ul className={classes.list}>
              {found.slice(0, SHOWN).map((one) => (
                <li key={one.id}>
                  <span className="mono">{one.id}</span>
                  <span className="dim">
                    {one.how === "changed"
                      ? t("differ.changed")
                      : t("differ.only", { cluster: word[one.how] })}
                  </span>
                </li>
              ))}
            </ul>
            {found.length > SHOWN && (
              <p className="dim">{t("differ.more", { count: f.number(found.length - SHOWN) })}</p>
            )}
          </>
        );
      }}
    </Answer>
  );
}
