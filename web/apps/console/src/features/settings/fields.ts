/** The settings by part, and what of them is stored. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";

const TEXT = { kind: "text" } as const;
const SWITCH = { kind: "switch" } as const;
const NUMBER = { kind: "number" } as const;
export const FIELDS = {
  deploymentMethod: { kind: "choice", of: ["k8s-simulator", "kubernetes"] },
  deploymentEndpoint: TEXT,
  simulatorUrl: TEXT,
  validationStrict: SWITCH,
  kubeconfig: TEXT,
  kubeContext: TEXT,
  clusterUrl: TEXT,
  clusterReadOnly: SWITCH,
  monitoringStack: { kind: "choice", of: ["custom"] },
  customApiEndpoint: TEXT,
  slaTarget: NUMBER,
  realTimeMonitoring: SWITCH,
  dataCollectionInterval: NUMBER,
  auditDays: NUMBER,
  auditEntries: NUMBER,
} as const;
export type Name = keyof typeof FIELDS;
export type Value = string | number | boolean;

export const PARTS = {
  kubernetes: [
    "deploymentMethod",
    "deploymentEndpoint",
    "simulatorUrl",
    "validationStrict",
    "kubeconfig",
    "kubeContext",
    "clusterUrl",
    "clusterReadOnly",
  ],
  monitoring: [
    "monitoringStack",
    "customApiEndpoint",
    "slaTarget",
    "realTimeMonitoring",
    "dataCollectionInterval",
  ],
  audit: ["auditDays", "auditEntries"],
} as const satisfies Record<string, readonly Name[]>;

/** What a connection is tested with before it is saved. */
const TRIED: readonly Name[] = [
  "deploymentMethod",
  "deploymentEndpoint",
  "simulatorUrl",
  "customApiEndpoint",
  "kubeconfig",
  "kubeContext",
  "clusterUrl",
];

export interface Held {
  readonly name: string;
  readonly value: Value | null;
  readonly source: "environment" | "stored" | "default";
  readonly variable?: string | null;
  readonly stored?: Value | null;
  readonly default?: Value | null;
}
export type Changed = Partial<Record<Name, Value>>;

/** Return what is sent to be stored: what is stored, with what was changed; a value that is the
 * default's is left to be the default. */
export function toStore(held: readonly Held[], changed: Changed): Changed {
  const found: Changed = {};
  for (const one of held) {
    if (!(one.name in FIELDS)) continue;
    const name = one.name as Name;
    const value = name in changed ? changed[name] : one.stored;
    if (value !== null && value !== undefined && value !== one.default) found[name] = value;
  }
  return found;
}

/** Return whether a number is one: what is being typed is kept as it is, and an empty field is no 0. */
export function fits(name: Name, value: Value): boolean {
  return FIELDS[name].kind !== "number" || (typeof value === "number" && value >= 0);
}

/** Return the command that stores the same changes. */
export function commandOf(changed: Changed, demo: boolean): string {
  const pairs = Object.entries(Object.keys(changed).length ? changed : { NAME: "VALUE" }).map(
    ([name, value]) => quoted(`${name}=${value}`),
  );
  return `ecp config set ${pairs.join(" ")}${demo ? " --demo" : ""}`;
}

/** Return the addresses that are tried, as the form has them. */
export function toTry(shown: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(TRIED.map((name) => [name, shown[name] ?? ""]));
}
