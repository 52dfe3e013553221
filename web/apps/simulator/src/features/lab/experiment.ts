/** What an experiment is, as it is filled in, called and typed in a shell. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";

export interface Kind {
  readonly name: string;
  readonly title: Readonly<Record<string, string>>;
  readonly because: Readonly<Record<string, string>>;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly takes: Readonly<Record<string, string>>;
  readonly mode: string;
  readonly duration: string | null;
  readonly expect: readonly {
    readonly observe: string;
    readonly within: string;
    readonly text: Readonly<Record<string, string>>;
  }[];
  readonly source: Readonly<Record<string, string>>;
}

export type Control =
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "text"; readonly hint: string };

/** Return what a parameter is filled in with, from its bounds: 1…100, a | b, or an example. */
export function control(bounds: string): Control {
  const numbers = /^(-?\d+)…(-?\d+)$/.exec(bounds);
  if (numbers) return { kind: "number", min: Number(numbers[1]), max: Number(numbers[2]) };
  if (bounds.includes(" | ")) return { kind: "choice", values: bounds.split(" | ") };
  return { kind: "text", hint: bounds === "text" ? "" : bounds };
}

/** Return the unit that a parameter's name says. */
export function unit(name: string): string {
  if (name.endsWith("_ms")) return "ms";
  if (name.includes("a_minute") && name.includes("percent")) return "%/min";
  return name.includes("percent") ? "%" : "";
}

/** Return labels as a selector has them: app=callbot,tier=main; null where they are none. */
export function labels(text: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const pair of text.split(",").map((one) => one.trim())) {
    const [key, value, ...rest] = pair.split("=");
    if (!key || value === undefined || rest.length) return null;
    found[key.trim()] = value.trim();
  }
  return found;
}

export interface Wish {
  readonly kind: Kind;
  readonly namespace: string;
  readonly aim: "target" | "selector";
  readonly target: string;
  readonly selector: string;
  readonly mode: string;
  readonly value: string;
  readonly duration: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly only: boolean;
  readonly most: string;
  readonly abort: string;
  readonly steady: string;
}

/** Return the parameters that are others than the usual ones. */
function changed(wish: Wish): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(wish.parameters).filter(([name, value]) => value !== wish.kind.parameters[name]),
  );
}

const counted = (mode: string) => mode.startsWith("fixed") || mode.startsWith("random");

/** Return the body of the call. */
export function body(wish: Wish): Record<string, unknown> {
  const chosen = labels(wish.selector);
  const bySelector = wish.aim === "selector" && chosen !== null;
  return {
    fault: wish.kind.name,
    ...(wish.kind.duration === null && !wish.duration ? {} : { duration: wish.duration }),
    parameters: changed(wish),
    ...(wish.namespace ? { namespaces: [wish.namespace] } : {}),
    ...(bySelector
      ? {
          selector: {
            ...(wish.namespace ? { namespaces: [wish.namespace] } : {}),
            labelSelectors: chosen,
          },
          mode: wish.mode,
          ...(counted(wish.mode) ? { value: wish.value } : {}),
        }
      : wish.target
        ? { target: wish.target }
        : {}),
    ...(wish.only && wish.namespace ? { only: [wish.namespace] } : {}),
    ...(wish.most ? { max_percent: Number(wish.most) } : {}),
    ...(wish.abort ? { abort: [wish.abort] } : {}),
    ...(wish.steady ? { steady: [wish.steady] } : {}),
  };
}

/** Return the command that does the same; null: no command says a selector. */
export function command(wish: Wish, cluster: string, verb: "inject" | "preview"): string | null {
  if (wish.aim === "selector") return null;
  const parameters = Object.entries(changed(wish)).map(([name, value]) => `,${name}=${value}`);
  const spec = [
    wish.kind.name,
    wish.target ? `:${wish.target}` : "",
    ...parameters,
    wish.duration ? `+${wish.duration}` : "",
  ].join("");
  const guards =
    verb === "preview"
      ? []
      : [
          wish.only && wish.namespace ? `--only ${wish.namespace}` : "",
          wish.most ? `--max-percent ${wish.most}` : "",
          wish.abort ? `--abort ${quoted(wish.abort)}` : "",
          wish.steady ? `--steady ${quoted(wish.steady)}` : "",
        ];
  return [
    `ecp fault ${verb} ${quoted(spec)}`,
    `--cluster ${cluster}`,
    wish.namespace ? `-n ${wish.namespace}` : "",
    ...guards,
  ]
    .filter(Boolean)
    .join(" ");
}
