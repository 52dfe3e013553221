/** The axes of a campaign, and the grid that they write: one is kept in step with the other. */
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import { Editor } from "../../editor/Editor";
import type { Finding } from "../../editor/findings";
import {
  type Axis,
  begun,
  CHANGES,
  type Changed,
  type Has,
  NOTHING,
  offeredOf,
  variants,
  wrongWith,
} from "./grid";
import classes from "./rehearsals.module.css";
import { useT } from "./words";

export function Axes({
  axes,
  has: known,
  text,
  made,
  runs,
  findings,
  onAxes,
  onText,
}: {
  axes: readonly Axis[];
  /** What the tenant that is rehearsed has; undefined: it is asked for. */
  has: Has | undefined;
  text: string;
  /** What the axes write. */
  made: string;
  runs: number;
  findings: readonly Finding[];
  onAxes: (axes: readonly Axis[]) => void;
  onText: (text: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const lists = useId();
  const has = known ?? NOTHING;
  const count = variants(axes);
  const set = (at: number, change: Partial<Axis>) =>
    onAxes(axes.map((axis, n) => (n === at ? { ...axis, ...change } : axis)));
  return (
    <div className={classes.columns}>
      <Panel title={t("axes")}>
        {CHANGES.map((changed) => (
          <datalist key={changed} id={`${lists}-${changed}`}>
            {offeredOf(changed, has).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        ))}
        {axes.length === 0 && <p className={classes.note}>{t("axes.none")}</p>}
        {axes.map((axis, at) => {
          const wrong = wrongWith(axis);
          return (
            <div key={at} className={classes.axis} data-axis={axis.changed}>
              <NativeSelect
                size="xs"
                label={t("axes.changed")}
                value={axis.changed}
                onChange={(event) => set(at, begun(event.currentTarget.value as Changed, has))}
                data={CHANGES.map((value) => ({ value, label: t(`axes.${value}`) }))}
              />
              {axis.changed !== "faults" && (
                <TextInput
                  size="xs"
                  label={t(axis.changed === "load" ? "axes.profile" : "axes.deployment")}
                  list={`${lists}-${axis.changed}`}
                  value={axis.of}
                  error={wrong === "of" && t("axes.wrong.of")}
                  onChange={(event) => set(at, { of: event.currentTarget.value })}
                />
              )}
              <TextInput
                size="xs"
                classNames={{ root: classes.values ?? "" }}
                label={t(axis.changed === "faults" ? "axes.lines" : "axes.values")}
                value={axis.values}
                error={(wrong === "values" || wrong === "twice") && t(`axes.wrong.${wrong}`)}
                onChange={(event) => set(at, { values: event.currentTarget.value })}
              />
              <ActionIcon
                variant="default"
                size={30}
                aria-label={t("axes.remove")}
                onClick={() => onAxes(axes.filter((_, n) => n !== at))}
              >
                <IconTrash size={15} />
              </ActionIcon>
            </div>
          );
        })}
        <Button
          size="compact-sm"
          variant="default"
          mt="xs"
          data-do="add-axis"
          disabled={known === undefined}
          leftSection={<IconPlus size={14} />}
          onClick={() =>
            onAxes([...axes, begun(CHANGES[axes.length % CHANGES.length] ?? "load", has)])
          }
        >
          {t("axes.add")}
        </Button>
        {count > 0 && (
          <p className={classes.note} data-runs={count * runs}>
            {t("axes.runs", {
              variants: f.number(count),
              seeds: f.number(runs),
              runs: f.number(count * runs),
            })}
          </p>
        )}
        {text !== made && (
          <p className={classes.note}>
            {t("axes.hand")}{" "}
            <Button size="compact-xs" variant="default" onClick={() => onText(made)}>
              {t("axes.write")}
            </Button>
          </p>
        )}
      </Panel>
      {(axes.length > 0 || text !== "") && (
        <Panel title={t("grid")} flush>
          <div className={classes.grid}>
            <Editor label={t("grid")} text={text} findings={findings} onChange={onText} />
          </div>
        </Panel>
      )}
    </div>
  );
}
