/** The cluster that a release goes to, as the settings in force say it: environment before stored. */
import { hooks, useGiven } from "./ask";
import { useT } from "./texts/texts";

interface Target {
  /** Not the simulator's: a change needs its name. */
  readonly real: boolean;
  /** What the settings call it; empty where only its kubeconfig knows. */
  readonly name: string;
  /** Of a button that changes it: has the cluster's name typed, the service judges it. */
  readonly confirm: { readonly label: string } | undefined;
  /** Of its command: the option that says the same. */
  readonly cli: string;
  /** Where the simulator's own console is; empty where releases go to a real cluster. */
  readonly simulator: string;
}

export function useTarget(): Target {
  const t = useT();
  const given = useGiven();
  const asked = hooks.useQuery("get", "/api/v1/settings/effective", given, { staleTime: 30_000 });
  const held = new Map(
    (asked.data?.settings ?? []).map((one) => [one.name, String(one.value ?? "")]),
  );
  const demo = given.headers["X-Demo-Mode"] === "true";
  const real = !demo && held.get("deploymentMethod") === "kubernetes";
  const name = held.get("kubeContext") || held.get("clusterUrl") || "";
  return {
    real,
    name,
    confirm: real ? { label: t("target.confirm") } : undefined,
    simulator: real ? "" : (held.get("simulatorUrl") ?? ""),
    cli: `${real ? " --confirm CLUSTER" : ""}${demo ? " --demo" : ""}`,
  };
}
