/** An experiment as it is filled in: parameters, aim, guards; and its blast radius. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Source } from "@ecp/ui/layout/Source";
import { secondsOf } from "@ecp/ui/time/spell";
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, NumberInput, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBolt } from "@tabler/icons-react";
import { useState } from "react";
import { atSimulator } from "../../ask";
import { body, command, control, type Kind, unit, type Wish } from "./experiment";
import classes from "./lab.module.css";
import { Preview } from "./Preview";
import { TargetPicker } from "./TargetPicker";
import type { Tenant } from "./useTenants";
import { useT } from "./words";

const MODES = ["one", "all", "fixed", "fixed-percent", "random-max-percent"] as const;

export function Experiment({
  kind,
  cluster,
  tenants,
  onInjected,
}: {
  kind: Kind;
  cluster: string;
  tenants: readonly Tenant[];
  onInjected: (id: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const [given, setGiven] = useState<Partial<Wish>>({});
  const set = (change: Partial<Wish>) => setGiven((old) => ({ ...old, ...change }));
  const ofTenant = ["workload", "pod", "namespace"].includes(kind.target);
  const wish: Wish = {
    kind,
    namespace: ofTenant ? (tenants[0]?.namespace ?? "") : "",
    aim: "target",
    target: "",
    selector: "",
    mode: "one",
    value: "1",
    duration: kind.duration ?? "",
    parameters: kind.parameters,
    only: ofTenant,
    most: "",
    abort: "",
    steady: "",
    ...given,
  };
  const call = body(wish);
  const [asked] = useDebouncedValue(JSON.stringify(call), 400);
  const path = `/api/v1/clusters/${cluster}/faults`;
  return (
    <>
      <h3 className={classes.title}>
        {kind.title[f.language]} <small className="mono dim">{kind.name}</small>
      </h3>
      <p className={classes.because}>{kind.because[f.language]}</p>
      {kind.expect.map((one) => (
        <p key={one.observe} className="dim">
          {t("expected", {
            what: one.text[f.language] ?? "",
            within: f.duration(secondsOf(one.within)),
          })}
        </p>
      ))}
      <div className={classes.fields}>
        <NativeSelect
          size="xs"
          label={t("tenant")}
          data-do="tenant"
          value={wish.namespace}
          onChange={(change) => set({ namespace: change.currentTarget.value, target: "" })}
          data={[
            { value: "", label: t("tenant.any") },
            ...tenants.map((one) => ({ value: one.namespace, label: one.tenant })),
          ]}
        />
        {["workload", "pod"].includes(kind.target) && (
          <div>
            <span className={classes.label}>{t("aim")}</span>
            <SegmentedControl
              size="xs"
              aria-label={t("aim")}
              value={wish.aim}
              onChange={(aim) => set({ aim: aim as Wish["aim"] })}
              data={[
                { value: "target", label: t("by.target") },
                { value: "selector", label: t("by.selector") },
              ]}
            />
          </div>
        )}
        {wish.aim === "target" ? (
          <TargetPicker
            kind={kind}
            cluster={cluster}
            namespace={wish.namespace}
            value={wish.target}
            onChange={(target) => set({ target })}
          />
        ) : (
          <>
            <TextInput
              size="xs"
              label={t("selector")}
              placeholder={t("selector.hint")}
              value={wish.selector}
              onChange={(change) => set({ selector: change.currentTarget.value })}
            />
            <NativeSelect
              size="xs"
              label={t("mode")}
              value={wish.mode}
              onChange={(change) => set({ mode: change.currentTarget.value })}
              data={MODES.map((mode) => ({ value: mode, label: t(`mode.${mode}`) }))}
            />
            {wish.mode !== "one" && wish.mode !== "all" && (
              <TextInput
                size="xs"
                w={70}
                label={t("value")}
                value={wish.value}
                onChange={(change) => set({ value: change.currentTarget.value })}
              />
            )}
          </>
        )}
      </div>
      <div className={classes.fields}>
        {Object.entries(kind.takes).map(([name, bounds]) => (
          <Parameter
            key={name}
            name={name}
            bounds={bounds}
            value={wish.parameters[name] ?? ""}
            onChange={(value) => set({ parameters: { ...wish.parameters, [name]: value } })}
          />
        ))}
        <TextInput
          size="xs"
          w={130}
          label={t("duration")}
          placeholder={kind.duration ?? "–"}
          description={
            kind.duration === null
              ? t("duration.once")
              : t("duration.usual", { usual: f.duration(secondsOf(kind.duration)) })
          }
          inputWrapperOrder={["label", "input", "description"]}
          value={wish.duration}
          onChange={(change) => set({ duration: change.currentTarget.value.trim() })}
        />
      </div>
      <div className={classes.fields}>
        <NumberInput
          size="xs"
          w={260}
          label={t("most")}
          min={0}
          max={100}
          value={wish.most}
          onChange={(value) => set({ most: String(value) })}
        />
        <TextInput
          size="xs"
          label={t("abort")}
          placeholder="availability < 99 for 30s"
          value={wish.abort}
          onChange={(change) => set({ abort: change.currentTarget.value })}
        />
        <TextInput
          size="xs"
          label={t("steady")}
          placeholder="availability >= 99"
          value={wish.steady}
          onChange={(change) => set({ steady: change.currentTarget.value })}
        />
      </div>
      {wish.namespace && (
        <Switch
          size="xs"
          mb="sm"
          label={t("only")}
          checked={wish.only}
          onChange={(change) => set({ only: change.currentTarget.checked })}
        />
      )}
      <Preview
        cluster={cluster}
        asked={asked}
        onChoose={(target) => set({ aim: "target", target })}
      />
      <div className={classes.act}>
        <Mutation
          name="inject"
          label={t("inject")}
          icon={<IconBolt size={15} />}
          danger
          cli={command(wish, cluster, "inject")}
          curl={curl("POST", path, call)}
          run={async () => {
            const { data, error } = await atSimulator.POST("/api/v1/clusters/{name}/faults", {
              params: { path: { name: cluster } },
              body: call as never,
            });
            if (error) throw error;
            onInjected((data as unknown as { id: string }).id);
          }}
        />
        <span className="dim">{t("simulated")}</span>
      </div>
      <p className={classes.source}>
        {t("source")}: <Source of={kind.source[f.language] ?? ""} />
      </p>
    </>
  );
}

function Parameter({
  name,
  bounds,
  value,
  onChange,
}: {
  name: string;
  bounds: string;
  value: string | number | boolean;
  onChange: (value: string | number | boolean) => void;
}) {
  const how = control(bounds);
  const said = [unit(name), how.kind === "choice" ? "" : bounds === "text" ? "" : bounds];
  const shared = {
    size: "xs",
    label: name,
    description: said.filter(Boolean).join(" · "),
    inputWrapperOrder: ["label", "input", "description"] as ("label" | "input" | "description")[],
  } as const;
  if (how.kind === "number")
    return (
      <NumberInput
        {...shared}
        w={150}
        min={how.min}
        max={how.max}
        allowDecimal={false}
        value={typeof value === "number" ? value : ""}
        onChange={(next) => typeof next === "number" && onChange(next)}
      />
    );
  if (how.kind === "choice")
    return (
      <NativeSelect
        {...shared}
        value={String(value)}
        onChange={(change) => {
          const next = change.currentTarget.value;
          onChange(typeof value === "boolean" ? next === "true" : next);
        }}
        data={[...how.values]}
      />
    );
  return (
    <TextInput
      {...shared}
      w={150}
      placeholder={how.hint}
      value={String(value)}
      onChange={(change) => onChange(change.currentTarget.value)}
    />
  );
}
