/** The usual of a scenario as fields, and how often it is run. */
import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { hooks, useGiven } from "../../ask";
import type { Wrong } from "./refused";
import classes from "./rehearsals.module.css";
import type { Form } from "./scenario";
import { useT } from "./words";

interface Often {
  readonly runs: number;
  readonly seed: number;
  readonly assumptions: boolean;
}

export function FormFields({
  form,
  wrong,
  tenants,
  scenarioToo,
  onForm,
  onView,
  ...often
}: Often & {
  form: Form;
  /** What the service says of a field. */
  wrong: Wrong;
  tenants: readonly string[] | undefined;
  /** false: a sample says what is rehearsed. */
  scenarioToo: boolean;
  onForm: (change: Partial<Form>) => void;
  onView: (change: Partial<Often>) => void;
}) {
  const t = useT();
  const given = useGiven();
  const system = hooks.useQuery("get", "/api/v1/monitoring/system", given, { staleTime: 60_000 });
  const clusters = (system.data?.nodes ?? []).flatMap((one) => (one.cluster ? [one.cluster] : []));
  return (
    <div className={classes.form}>
      {scenarioToo && (
        <>
          <TextInput
            size="xs"
            label={t("form.name")}
            value={form.name}
            error={wrong.name}
            onChange={(event) => onForm({ name: event.currentTarget.value })}
          />
          <NativeSelect
            size="xs"
            label={t("form.tenant")}
            value={form.tenant}
            error={wrong.tenant}
            description={tenants?.length === 0 ? t("form.no-tenant") : undefined}
            onChange={(event) => onForm({ tenant: event.currentTarget.value })}
            data={[...(tenants ?? [])]}
          />
          <NativeSelect
            size="xs"
            label={t("form.on")}
            value={form.live}
            error={wrong.live}
            onChange={(event) => onForm({ live: event.currentTarget.value })}
            data={[
              { value: "", label: t("form.fresh") },
              ...clusters.map((value) => ({ value, label: t("form.copy", { cluster: value }) })),
            ]}
          />
          <TextInput
            size="xs"
            label={t("form.length")}
            placeholder="24h"
            value={form.length}
            error={wrong.length}
            onChange={(event) => onForm({ length: event.currentTarget.value })}
          />
          <Textarea
            size="xs"
            data-faults
            classNames={{ root: classes.wide ?? "" }}
            label={t("form.faults")}
            description={t("form.faults.say")}
            placeholder="node_down@2h+30m"
            autosize
            minRows={2}
            value={form.faults}
            error={wrong.faults}
            onChange={(event) => onForm({ faults: event.currentTarget.value })}
          />
          <Textarea
            size="xs"
            classNames={{ root: classes.wide ?? "" }}
            label={t("form.hypotheses")}
            placeholder="availability >= 99.5"
            autosize
            minRows={2}
            value={form.hypotheses}
            error={wrong.hypotheses}
            onChange={(event) => onForm({ hypotheses: event.currentTarget.value })}
          />
          <div className={classes.wide}>
            <Switch
              size="xs"
              label={t("form.luck")}
              checked={form.luck}
              onChange={(event) => onForm({ luck: event.currentTarget.checked })}
            />
          </div>
        </>
      )}
      <NumberInput
        size="xs"
        label={t("form.runs")}
        description={t("form.runs.say")}
        min={1}
        clampBehavior="none"
        allowDecimal={false}
        allowNegative={false}
        thousandSeparator=","
        value={often.runs}
        error={wrong.runs}
        onChange={(value) => onView({ runs: Math.max(1, Number(value) || 1) })}
      />
      <NumberInput
        size="xs"
        label={t("form.seed")}
        description="0…"
        min={0}
        allowDecimal={false}
        allowNegative={false}
        value={often.seed}
        error={wrong.seed}
        onChange={(value) => onView({ seed: Math.max(0, Number(value) || 0) })}
      />
      {often.runs === 1 && (
        <div className={classes.wide}>
          <Switch
            size="xs"
            label={t("form.assumptions")}
            checked={often.assumptions}
            onChange={(event) => onView({ assumptions: event.currentTarget.checked })}
          />
        </div>
      )}
    </div>
  );
}
