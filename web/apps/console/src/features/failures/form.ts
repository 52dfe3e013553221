/** What is asked of a failure, from what somebody wrote: checked, as a body, as a command. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";
import type { Input, Kind } from "./types";

export interface Wish {
  readonly tenant: string;
  /** A workload, pod or node; "": chosen by the cluster. */
  readonly target: string;
  /** app=stt, tier=edge: in the place of a target. */
  readonly labels: string;
  readonly mode: string;
  readonly value: string;
  readonly duration: string;
  readonly begin: string;
  /** Begun again and again: 10m, or a cron line; "": once. */
  readonly every: string;
  /** For how long it is; "": until it is taken away. */
  readonly lasts: string;
  readonly only: boolean;
  readonly most: string;
  readonly abort: string;
  readonly parameters: Record<string, string>;
}

export type Wrong =
  | {
      readonly key:
        | "whole"
        | "every"
        | "duration"
        | "size"
        | "rate"
        | "offset"
        | "labels"
        | "percent";
    }
  | { readonly key: "between"; readonly least: number; readonly most: number };

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;
const EVERY = /^((\d+(\.\d+)?(m|h|d))+|\S+( +\S+){4})$/;
const OWN = new Set(["workload", "pod", "secret", "namespace"]);
const FORMS: Record<string, { form: RegExp; key: "duration" | "size" | "rate" | "offset" }> = {
  duration: { form: /^(0|(\d+(\.\d+)?(ms|s|m|h|d))+)$/, key: "duration" },
  size: { form: /^\d+(\.\d+)?\s*([KMGT]i?B?|%)?$/, key: "size" },
  rate: { form: /^\d+(\.\d+)?\s*[kmgt]?(bps|bit)$/i, key: "rate" },
  offset: { form: /^-?(\d+(\.\d+)?(ms|s|m|h|d))+$/, key: "offset" },
};
const PAIR = /^[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*$/;

/** Tell what is wrong with a parameter as it is written; null: nothing. */
export function wrongWith(input: Input, text: string): Wrong | null {
  const said = text.trim();
  if (said === String(input.default)) return null;
  if (input.type === "integer" || input.type === "share") {
    const [least, most] =
      input.type === "share" ? [0, 100] : [input.least ?? 0, input.most ?? 1_000_000_000];
    if (!/^-?\d+(\.\d+)?$/.test(said) || (input.type === "integer" && said.includes(".")))
      return { key: "whole" };
    const value = Number(said);
    return value < least || value > most ? { key: "between", least, most } : null;
  }
  const form = FORMS[input.type];
  return form && !form.form.test(said) ? { key: form.key } : null;
}

/** Tell what is wrong with everything else, by field. */
export function wrongs(wish: Wish): Partial<Record<keyof Wish, Wrong>> {
  const found: Partial<Record<keyof Wish, Wrong>> = {};
  if (wish.duration && !DURATION.test(wish.duration)) found.duration = { key: "duration" };
  if (wish.every.trim() && !EVERY.test(wish.every.trim())) found.every = { key: "every" };
  if (wish.lasts && !DURATION.test(wish.lasts)) found.lasts = { key: "duration" };
  if (wish.labels && !pairs(wish.labels)) found.labels = { key: "labels" };
  if (wish.labels && counted(wish.mode)) {
    const most = wish.mode === "fixed" ? 10_000 : 100;
    const number = Number(wish.value);
    if (!/^\d+$/.test(wish.value) || number < 1 || number > most)
      found.value = { key: "between", least: 1, most };
  }
  if (wish.most && !(Number(wish.most) >= 0 && Number(wish.most) <= 100))
    found.most = { key: "percent" };
  return found;
}

/** Whether a mode says how many. */
export function counted(mode: string): boolean {
  return mode !== "one" && mode !== "all";
}

/** Return labels as an object; null for what are none. */
export function pairs(text: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const part of text.split(",").map((one) => one.trim())) {
    if (!PAIR.test(part)) return null;
    const at = part.indexOf("=");
    found[part.slice(0, at)] = part.slice(at + 1);
  }
  return found;
}

/** Of a parameter's name: ms, % or s; "" where its type says it. */
export function unitOf(name: string): string {
  if (name.endsWith("_ms")) return "ms";
  if (name.includes("percent")) return "%";
  return name === "grace_period" ? "s" : "";
}

function given(kind: Kind, wish: Wish): [string, string][] {
  return Object.entries(kind.inputs).flatMap(([name, input]): [string, string][] => {
    const said = (wish.parameters[name] ?? String(input.default)).trim();
    return said === String(input.default) ? [] : [[name, said]];
  });
}

function sent(input: Input | undefined, said: string): string | number | boolean {
  if (input?.type === "integer") return Number(said);
  if (input?.type === "share") return Number.isInteger(Number(said)) ? Number(said) : said;
  return input?.type === "truth" ? said === "true" : said;
}

/** Return the body of the call that begins it again and again: its object says no bounds. */
export function repeatedBody(kind: Kind, wish: Wish): ReturnType<typeof bodyOf> {
  return {
    ...bodyOf(kind, { ...onceOf(wish), only: wish.only && OWN.has(kind.target) }),
    every: wish.every.trim(),
    ...(wish.lasts ? { lasts: wish.lasts } : {}),
  };
}

/** A wish that is repeated, as it would be carried out one time. */
export function onceOf(wish: Wish): Wish {
  return wish.every ? { ...wish, every: "", lasts: "", begin: "", most: "", abort: "" } : wish;
}

/** Return the body of the call; what is as usual is left out. */
export function bodyOf(kind: Kind, wish: Wish): Record<string, unknown> & { failure_type: string } {
  const labels = wish.labels ? pairs(wish.labels) : null;
  const parameters = Object.fromEntries(
    given(kind, wish).map(([name, said]) => [name, sent(kind.inputs[name], said)]),
  );
  return {
    failure_type: kind.name,
    ...(wish.target && !labels ? { target: wish.target } : {}),
    ...(labels ? { selector: { labelSelectors: labels }, mode: wish.mode } : {}),
    ...(labels && counted(wish.mode) ? { value: wish.value } : {}),
    ...(wish.duration ? { duration: wish.duration } : {}),
    ...(wish.begin ? { at: wish.begin } : {}),
    ...(Object.keys(parameters).length ? { parameters } : {}),
    ...(wish.only ? { only_this_tenant: true } : {}),
    ...(wish.most ? { max_percent: Number(wish.most) } : {}),
    ...(wish.abort.trim() ? { abort: [wish.abort.trim()] } : {}),
  };
}

/** Return the command that does the same; null where it has no option for something. */
export function cliOf(kind: Kind, wish: Wish, demo: boolean): string | null {
  if (wish.labels || wish.begin) return null;
  if (wish.every)
    return [
      cliOf(kind, { ...onceOf(wish), only: wish.only && OWN.has(kind.target) }, false),
      `--every ${quoted(wish.every.trim())}`,
      ...(wish.lasts ? [`--for ${wish.lasts}`] : []),
      ...(demo ? ["--demo"] : []),
    ].join(" ");
  return [
    `ecp fault trigger ${wish.tenant} ${kind.name}`,
    ...(wish.target ? [`--target ${quoted(wish.target)}`] : []),
    ...(wish.duration ? [`--duration ${wish.duration}`] : []),
    ...given(kind, wish).map(([name, said]) => `--param ${quoted(`${name}=${said}`)}`),
    ...(wish.only ? ["--only-this-tenant"] : []),
    ...(wish.most ? [`--max-percent ${wish.most}`] : []),
    ...(wish.abort.trim() ? [`--abort ${quoted(wish.abort.trim())}`] : []),
    ...(demo ? ["--demo"] : []),
  ].join(" ");
}

/** Return the failure as a line of a scenario: it begins an hour after the start. */
export function lineOf(kind: Kind, wish: Wish): string {
  const target = wish.target ? `:${wish.target}` : "";
  const parameters = given(kind, wish)
    .map(([name, said]) => `,${name}=${said}`)
    .join("");
  const lasts = wish.duration || kind.duration;
  return `${kind.name}${target}${parameters}@1h${lasts ? `+${lasts}` : ""}`;
}
