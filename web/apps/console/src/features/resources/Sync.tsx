/** How an object compares with the release: a sign and a word, never a colour alone. */
import { IconCheck, IconCpu, IconPencil, IconQuestionMark } from "@tabler/icons-react";
import classes from "./resources.module.css";
import type { Item } from "./types";
import { useT } from "./words";

const ICONS = {
  released: IconCheck,
  changed: IconPencil,
  extra: IconQuestionMark,
  cluster: IconCpu,
} as const;

export function Sync({ item }: { item: Item }) {
  const t = useT();
  const Icon = ICONS[item.sync];
  return (
    <span
      className={classes.sync}
      data-sync={item.sync}
      title={item.changed.join("\n") || undefined}
    >
      <Icon size={14} aria-hidden />
      {t(`sync.${item.sync}`)}
    </span>
  );
}
