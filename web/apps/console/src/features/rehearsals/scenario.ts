/** A scenario as it is written, from what a form says. Pure. */

export interface Form {
  readonly name: string;
  /** A tenant that is kept here. */
  readonly tenant: string;
  /** A running cluster that is copied; "": a fresh one. */
  readonly live: string;
  readonly length: string;
  /** Each a line: fault[:target][,parameter=value]@when[+duration] */
  readonly faults: string;
  readonly hypotheses: string;
  /** Whether what fails by itself does, as often as it does. */
  readonly luck: boolean;
  readonly seed: number;
}

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Return a word as YAML takes it, in quotes where it has to be. */
export function quoted(word: string): string {
  const special = /^(true|false|yes|no|on|off|null|[\d.]+)$/i.test(word);
  return PLAIN.test(word) && !special ? word : JSON.stringify(word);
}

export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((one) => one.trim())
    .filter(Boolean);
}

function list(name: string, text: string): string[] {
  const found = lines(text);
  return found.length ? [`${name}:`, ...found.map((one) => `  - ${quoted(one)}`)] : [];
}

/** Return what a tenant with that promise has to hold. */
export function claimOf(promise: number | undefined): string {
  return promise === undefined ? "" : `availability >= ${promise}`;
}

/** Return the scenario of a form; what is as usual is left out. */
export function written(form: Form): string {
  const rows = [
    `scenario: ${quoted(form.name.trim() || "rehearsal")}`,
    `tenant: ${quoted(form.tenant)}`,
    ...(form.live ? [`cluster: {live: ${quoted(form.live)}}`] : []),
    ...(form.luck ? ["demand: {failure_scenarios: true}"] : []),
    ...list("faults", form.faults),
    ...list("hypotheses", form.hypotheses),
    `for: ${quoted(form.length.trim() || "24h")}`,
    ...(form.seed ? [`seed: ${form.seed}`] : []),
  ];
  return `${rows.join("\n")}\n`;
}
