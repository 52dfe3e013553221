/** A campaign's grid: axes whose values are combined, each combination a variant. Pure. */
import { quoted } from "./scenario";

export const CHANGES = ["load", "replicas", "faults"] as const;
export type Changed = (typeof CHANGES)[number];

export interface Axis {
  readonly changed: Changed;
  /** The profile that more or fewer ask of, or the Deployment that has more or fewer replicas. */
  readonly of: string;
  /** 10, 20; of failures with a semicolon between: node_down@2h; – (none). */
  readonly values: string;
}

export type Wrong = "of" | "values" | "twice";

const NUMBER = /^\d{1,6}$/;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const NONE = /^[-–—]$/;

function valuesOf(axis: Axis): string[] {
  return axis.values
    .split(axis.changed === "faults" ? ";" : ",")
    .map((one) => one.trim())
    .filter(Boolean);
}

/** What a tenant has that an axis may change: units that ask of each service, replicas of each workload. */
export interface Has {
  readonly services: Readonly<Record<string, number>>;
  readonly replicas: Readonly<Record<string, number>>;
}

/** What there is of no tenant. */
export const NOTHING: Has = { services: {}, replicas: {} };

/** What an axis of a kind may be of. */
export function offeredOf(changed: Changed, has: Has): string[] {
  if (changed === "faults") return [];
  const counts = changed === "load" ? has.services : has.replicas;
  return Object.keys(counts).filter((name) => (counts[name] ?? 0) > 0);
}

/** Return an axis as it begins: what the tenant has, as much of it as there is and some more. */
export function begun(changed: Changed, has: Has): Axis {
  if (changed === "faults") return { changed, of: "", values: "–; node_down@2h+30m" };
  const [of = ""] = offeredOf(changed, has);
  if (changed === "load") {
    const now = has.services[of] ?? 10;
    return { changed, of, values: `${now}, ${2 * now}` };
  }
  const now = has.replicas[of] ?? 2;
  return { changed, of, values: `${now}, ${now + 1}` };
}

/** Tell what is wrong with an axis; null: nothing. */
export function wrongWith(axis: Axis): Wrong | null {
  const values = valuesOf(axis);
  if (axis.changed !== "faults" && !NAME.test(axis.of)) return "of";
  if (values.length === 0) return "values";
  if (axis.changed !== "faults" && !values.every((one) => NUMBER.test(one))) return "values";
  return new Set(values).size < values.length ? "twice" : null;
}

/** Return how many variants axes make; 0 where something is wrong, or there is none. */
export function variants(axes: readonly Axis[]): number {
  if (axes.length === 0 || axes.some((axis) => wrongWith(axis))) return 0;
  return axes.reduce((product, axis) => product * valuesOf(axis).length, 1);
}

interface Step {
  readonly axis: Axis;
  readonly value: string;
}

function combined(axes: readonly Axis[]): Step[][] {
  return axes.reduce<Step[][]>(
    (rows, axis) => rows.flatMap((row) => valuesOf(axis).map((value) => [...row, { axis, value }])),
    [[]],
  );
}

/** Return the grid as it is written; "" while something is wrong, or without axes. */
export function gridOf(axes: readonly Axis[]): string {
  if (variants(axes) === 0) return "";
  return combined(axes)
    .map((steps) => {
      const name = steps.map(({ axis, value }) => (axis.of ? `${axis.of}=${value}` : value));
      const scenario = scenarioOf(steps);
      const replicas = steps.filter(({ axis }) => axis.changed === "replicas");
      return [
        `- name: ${quoted(name.join(" "))}`,
        ...(scenario.length ? [`  scenario: {${scenario.join(", ")}}`] : []),
        ...(replicas.length ? ["  manifests:"] : []),
        ...replicas.map(
          ({ axis, value }) =>
            `    - {kind: Deployment, metadata: {name: ${quoted(axis.of)}}, spec: {replicas: ${value}}}`,
        ),
      ].join("\n");
    })
    .join("\n")
    .concat("\n");
}

function scenarioOf(steps: readonly Step[]): string[] {
  const load = steps.filter(({ axis }) => axis.changed === "load");
  const faults = steps.filter(({ axis }) => axis.changed === "faults");
  const asked = load.map(({ axis, value }) => `${quoted(axis.of)}: ${value}`).join(", ");
  const lines = faults.map(({ value }) => value).filter((value) => !NONE.test(value));
  return [
    ...(load.length ? [`demand: {load: {${asked}}}`] : []),
    ...(faults.length ? [`faults: [${lines.map(quoted).join(", ")}]`] : []),
  ];
}

/** Axes as one word of the address, and back. */
export function spelt(axes: readonly Axis[]): string {
  return axes
    .map((axis) => [axis.changed, axis.of, axis.values].map(encodeURIComponent).join(":"))
    .join("|");
}

export function readAxes(word: string): Axis[] {
  return word.split("|").flatMap((one) => {
    const [changed = "", of = "", values = ""] = one.split(":").map(safely);
    return (CHANGES as readonly string[]).includes(changed)
      ? [{ changed: changed as Changed, of, values }]
      : [];
  });
}

function safely(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return "";
  }
}
