/** The failures that there are, by what they hit. */
import { Empty } from "@ecp/ui/layout/Empty";
import { useFormat } from "@ecp/ui/view/format";
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import type { Kind } from "./experiment";
import classes from "./lab.module.css";
import { useT } from "./words";

const TARGETS = [
  "workload",
  "pod",
  "node",
  "zone",
  "namespace",
  "registry",
  "pool",
  "secret",
] as const;
type Target = (typeof TARGETS)[number] | "other";

export function Catalogue({
  kinds,
  chosen,
  onChoose,
}: {
  kinds: readonly Kind[];
  chosen: string;
  onChoose: (name: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const [find, setFind] = useState("");
  const wanted = find.trim().toLowerCase();
  const fits = (one: Kind) =>
    [one.name, ...Object.values(one.title)].some((text) => text.toLowerCase().includes(wanted));
  const of = (one: Kind): Target => TARGETS.find((target) => target === one.target) ?? "other";
  const shown = kinds.filter(fits);
  return (
    <>
      <TextInput
        size="xs"
        data-filter
        aria-label={t("find")}
        placeholder={t("find")}
        leftSection={<IconSearch size={14} />}
        value={find}
        onChange={(change) => setFind(change.currentTarget.value)}
      />
      <div className={classes.catalogue} role="group" aria-label={t("catalogue")}>
        {shown.length === 0 && <Empty say={t("none.found")} />}
        {[...TARGETS, "other" as const].map((target) => {
          const rows = shown.filter((one) => of(one) === target);
          return rows.length === 0 ? null : (
            <section key={target}>
              <h3>{t(`target.${target}`)}</h3>
              {rows.map((one) => (
                <button
                  key={one.name}
                  type="button"
                  data-fault={one.name}
                  aria-pressed={one.name === chosen}
                  onClick={() => onChoose(one.name)}
                >
                  {one.title[f.language]} <small className="mono">{one.name}</small>
                </button>
              ))}
            </section>
          );
        })}
      </div>
    </>
  );
}
