/** The settings by part, and what of them is stored. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";

const TEXT = { kind: "text" } as const;
const SWITCH = { kind: "switch" } as const;
const URL_ = { kind: "url" } as const;
const number = (least: number, most: number, whole = false) =>
  ({ kind: "number", least, most, whole }) as const;
/** As the service reads an address: no user and password in it, which would be shown. */
const ADDRESS = /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/;
/** Of a percentage that is less than all. */
const BELOW_ALL = 99.9999;

export const FIELDS = {
  deploymentMethod: { kind: "choice", of: ["k8s-simulator", "kubernetes"] },
  deploymentEndpoint: URL_,
  simulatorUrl: URL_,
  validationStrict: SWITCH,
  kubeconfig: TEXT,
  kubeContext: TEXT,
  clusterUrl: URL_,
  clusterReadOnly: SWITCH,
  monitoringStack: { kind: "choice", of: ["custom"] },
  customApiEndpoint: URL_,
  slaTarget: number(0, BELOW_ALL),
  realTimeMonitoring: SWITCH,
  dataCollectionInterval: number(1, 3600),
  auditDays: number(1, 3650, true),
  auditEntries: number(1000, 10_000_000, true),
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

/** Return whether a value may be stored: what is being typed is kept as it is, and an empty field is
 * no 0. Only the address of a real cluster may be empty. */
export function fits(name: Name, value: Value): boolean {
  const field = FIELDS[name];
  if (field.kind === "number")
    return (
      typeof value === "number" &&
      value >= field.least &&
      value <= field.most &&
      (!field.whole || Number.isInteger(value))
    );
  if (field.kind === "url")
    return ADDRESS.test(String(value)) || (name === "clusterUrl" && value === "");
  return true;
}

/** Return the changes with one more; what is as it is stored is no change. */
export function changedBy(
  old: Changed,
  name: Name,
  value: Value,
  stored: Readonly<Record<string, Value>>,
): Changed {
  const { [name]: _, ...rest } = old;
  return value === stored[name] ? rest : { ...rest, [name]: value };
}

/** Return changes that were kept as a text; none where it is none. */
export function readChanges(text: string | null): Changed {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    const rows = Object.entries(found as object).filter(([name]) => name in FIELDS);
    return Object.fromEntries(rows);
  } catch {
    return {};
  }
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
