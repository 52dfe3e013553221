/** The first step: who it is, what it has to serve, where, and what is promised. */
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { useFormat } from "@ecp/ui/view/format";
import { Button, NativeSelect, NumberInput, SegmentedControl, TextInput } from "@mantine/core";
import { hooks, useGiven } from "../../ask";
import { problemsOf, SERVICES } from "./choice";
import { useName } from "./useName";
import type { StepProps } from "./Wizard";
import classes from "./wizard.module.css";
import { useT } from "./words";

/** What explains a field stands below it: fields stand in a line. */
const ORDER: ("label" | "input" | "description" | "error")[] = [
  "label",
  "input",
  "description",
  "error",
];
const DAYS_30_S = 30 * 86_400;

interface Preset {
  readonly name: string;
  readonly counters: Record<(typeof SERVICES)[number], number>;
  readonly sla_target: number;
}
interface Presets {
  readonly presets: readonly Preset[];
  readonly gpu_types: readonly string[];
  readonly cloud_providers: readonly string[];
}

export function Load({ choice, choose }: StepProps) {
  const t = useT();
  const f = useFormat();
  const wrong = problemsOf(choice);
  const presets = hooks.useQuery("get", "/api/v1/presets", useGiven(), {
    staleTime: Number.POSITIVE_INFINITY,
  });
  const loaded = SERVICES.some((service) => choice[service] > 0);
  return (
    <>
      <Name choice={choice} choose={choose} />
      <Answer ask={presets}>
        {(data) => {
          const { presets: rows, gpu_types, cloud_providers } = data as unknown as Presets;
          const current = rows.find((row) =>
            SERVICES.every((service) => row.counters[service] === choice[service]),
          );
          return (
            <>
              <Panel
                title={t("load")}
                aside={
                  <div className={classes.aside}>
                    <span className="dim">{t("load.preset")}</span>
                    <SegmentedControl
                      size="xs"
                      aria-label={t("load.preset")}
                      value={current?.name ?? ""}
                      onChange={(name) => {
                        const row = rows.find((one) => one.name === name);
                        if (row) choose({ ...row.counters, sla: row.sla_target });
                      }}
                      data={rows.map((row) => row.name)}
                    />
                  </div>
                }
              >
                <div className={classes.fields}>
                  {SERVICES.map((service) => (
                    <NumberInput
                      key={service}
                      size="xs"
                      inputWrapperOrder={ORDER}
                      data-service={service}
                      label={t(service)}
                      description={t(`${service}.unit`)}
                      min={0}
                      max={100_000}
                      clampBehavior="none"
                      allowDecimal={false}
                      thousandSeparator=","
                      value={choice[service]}
                      error={wrong[service] && t(wrong[service])}
                      onChange={(value) => choose({ [service]: Number(value) || 0 })}
                    />
                  ))}
                </div>
                {wrong.load && (
                  <p className={loaded ? classes.wrong : "dim"} role="status">
                    {t(wrong.load)}
                  </p>
                )}
              </Panel>
              <Panel title={t("where")}>
                <div className={classes.fields}>
                  <NativeSelect
                    size="xs"
                    inputWrapperOrder={ORDER}
                    label={t("provider")}
                    value={choice.provider}
                    onChange={(change) => choose({ provider: change.currentTarget.value })}
                    data={[...cloud_providers]}
                  />
                  <NativeSelect
                    size="xs"
                    inputWrapperOrder={ORDER}
                    label={t("gpu")}
                    value={choice.gpu}
                    onChange={(change) => choose({ gpu: change.currentTarget.value })}
                    data={[{ value: "", label: t("gpu.any") }, ...gpu_types]}
                  />
                  <NativeSelect
                    size="xs"
                    inputWrapperOrder={ORDER}
                    label={t("infra")}
                    value={choice.infra}
                    onChange={(change) => choose({ infra: change.currentTarget.value })}
                    data={(["dedicated", "shared"] as const).map((value) => ({
                      value,
                      label: t(`infra.${value}`),
                    }))}
                  />
                  <NumberInput
                    size="xs"
                    inputWrapperOrder={ORDER}
                    data-field="sla"
                    label={t("sla")}
                    description={t("sla.help", {
                      downtime: f.duration((1 - choice.sla / 100) * DAYS_30_S),
                    })}
                    min={0}
                    max={99.999}
                    step={0.1}
                    decimalScale={3}
                    clampBehavior="none"
                    value={choice.sla}
                    error={wrong.sla && t(wrong.sla)}
                    onChange={(value) => choose({ sla: Number(value) || 0 })}
                  />
                </div>
              </Panel>
            </>
          );
        }}
      </Answer>
    </>
  );
}

/** The name, and whether it is free. */
function Name({ choice, choose }: StepProps) {
  const t = useT();
  const { wrong, found, taken, error } = useName(choice);
  const free = found?.available
    ? t("id.free", { namespace: found.namespace ?? "" })
    : t("id.help", { namespace: `${choice.id || "…"}-ecp-ai` });
  return (
    <Panel title={t("tenant")}>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          inputWrapperOrder={ORDER}
          data-field="id"
          label={t("id")}
          required
          autoComplete="off"
          spellCheck={false}
          value={choice.id}
          description={free}
          error={wrong && choice.id !== "" ? t(wrong) : taken ? t("id.taken") : undefined}
          onChange={(change) => choose({ id: change.currentTarget.value.trim() })}
        />
        <TextInput
          size="xs"
          inputWrapperOrder={ORDER}
          label={t("name")}
          description={t("name.help")}
          maxLength={200}
          value={choice.name}
          onChange={(change) => choose({ name: change.currentTarget.value })}
        />
      </div>
      {taken && (
        <div className={classes.free}>
          {(found?.suggestions ?? []).map((one) => (
            <Button
              key={String(one)}
              size="compact-xs"
              variant="default"
              onClick={() => choose({ id: String(one) })}
            >
              {String(one)}
            </Button>
          ))}
        </div>
      )}
      {error ? <ProblemView error={error} /> : null}
    </Panel>
  );
}
