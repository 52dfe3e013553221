/** Change what is asked of a tenant: other numbers of units, or a crowd for a while. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { IconUsersPlus } from "@tabler/icons-react";
import { useState } from "react";
import { atSimulator } from "../../ask";
import type { Demand } from "./Shape";
import classes from "./traffic.module.css";
import { useT } from "./words";

interface Given {
  readonly cluster: string;
  readonly tenant: string;
  readonly namespace: string;
  readonly demand: Demand;
  readonly onChange: () => void;
}

export function Change(given: Given) {
  const t = useT();
  return (
    <Columns>
      <Panel title={t("change")}>
        <Units {...given} />
      </Panel>
      <Panel title={t("burst")}>
        <Burst {...given} />
      </Panel>
    </Columns>
  );
}

function Units({ cluster, tenant, demand, onChange }: Given) {
  const t = useT();
  const [typed, setTyped] = useState<Record<string, number>>({});
  const load = Object.fromEntries(
    demand.profiles.flatMap((one) => {
      const units = typed[one.profile] ?? one.units;
      return units === one.contracted_units ? [] : [[one.profile, units]];
    }),
  );
  const units = Object.entries(load).map(([profile, count]) => `${profile}=${count}`);
  const act = (name: string, label: string, wanted: Record<string, number>, same: boolean) => (
    <Mutation
      name={name}
      label={label}
      disabled={same}
      cli={`ecp cluster load ${tenant} ${(wanted === load && units.join(" ")) || "--contracted"} --cluster ${cluster}`}
      curl={curl("PUT", `/api/v1/clusters/${cluster}/tenants/${tenant}/load`, { load: wanted })}
      run={async () => {
        const { error } = await atSimulator.PUT("/api/v1/clusters/{name}/tenants/{tenant}/load", {
          params: { path: { name: cluster, tenant } },
          body: { load: wanted },
        });
        if (error) throw error;
        setTyped({});
        onChange();
      }}
    />
  );
  const moved = demand.profiles.some((one) => (typed[one.profile] ?? one.units) !== one.units);
  return (
    <>
      <div className={classes.fields}>
        {demand.profiles.map((one) => (
          <NumberInput
            key={one.profile}
            size="xs"
            w={150}
            label={one.profile}
            description={`${t("contracted")}: ${one.contracted_units}`}
            inputWrapperOrder={["label", "input", "description"]}
            min={0}
            max={100_000}
            allowDecimal={false}
            value={typed[one.profile] ?? one.units}
            onChange={(value) =>
              typeof value === "number" && setTyped((old) => ({ ...old, [one.profile]: value }))
            }
          />
        ))}
      </div>
      <div className={classes.fields}>
        {act("load", t("load.set"), load, !moved)}
        {act(
          "load-reset",
          t("load.reset"),
          {},
          demand.profiles.every((one) => one.units === one.contracted_units),
        )}
      </div>
      <p className="dim">{t("change.say")}</p>
    </>
  );
}

function Burst({ cluster, namespace, onChange }: Given) {
  const t = useT();
  const [percent, setPercent] = useState(300);
  const [lasts, setLasts] = useState("10m");
  const [form, setForm] = useState("step");
  const [ramp, setRamp] = useState("1m");
  const body = {
    fault: "traffic_surge",
    target: namespace,
    namespaces: [namespace],
    only: [namespace],
    duration: lasts,
    parameters: { percent, shape: form, ramp_up: ramp, ramp_down: ramp },
  };
  const spec = `traffic_surge:${namespace},percent=${percent},shape=${form},ramp_up=${ramp},ramp_down=${ramp}+${lasts}`;
  return (
    <>
      <div className={classes.fields}>
        <NumberInput
          size="xs"
          w={130}
          label={t("percent")}
          min={1}
          max={10_000}
          value={percent}
          onChange={(value) => typeof value === "number" && setPercent(value)}
        />
        <TextInput
          size="xs"
          w={90}
          label={t("lasts")}
          value={lasts}
          onChange={(change) => setLasts(change.currentTarget.value.trim())}
        />
        <NativeSelect
          size="xs"
          label={t("form")}
          value={form}
          onChange={(change) => setForm(change.currentTarget.value)}
          data={(["step", "sine"] as const).map((one) => ({ value: one, label: t(`form.${one}`) }))}
        />
        <TextInput
          size="xs"
          w={150}
          label={t("ramp")}
          value={ramp}
          onChange={(change) => setRamp(change.currentTarget.value.trim())}
        />
      </div>
      <Mutation
        name="burst"
        label={t("burst.begin")}
        danger
        icon={<IconUsersPlus size={15} />}
        cli={`ecp fault inject ${quoted(spec)} --cluster ${cluster} -n ${namespace} --only ${namespace}`}
        curl={curl("POST", `/api/v1/clusters/${cluster}/faults`, body)}
        run={async () => {
          const { error } = await atSimulator.POST("/api/v1/clusters/{name}/faults", {
            params: { path: { name: cluster } },
            body: body as never,
          });
          if (error) throw error;
          onChange();
        }}
      />
      <p className="dim">{t("burst.say")}</p>
    </>
  );
}
