/** Fields of kinds, as the orchestrator tells them; each path is asked for once. */
import { atOrchestrator } from "../ask";

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly enum: readonly string[];
  readonly default: unknown;
}
export interface Told extends Field {
  readonly fields: readonly Field[];
  readonly of_map: boolean;
  readonly kubernetes_version: string;
  /** Whose words these are. */
  readonly source: string;
}
export interface KindRow {
  readonly api_version: string;
  readonly kind: string;
}

/** Any key of a map: what it is called changes nothing, and dots in it would read as steps. */
const ANY = "*";

const told = new Map<string, Promise<Told | null>>();
let listed: Promise<readonly KindRow[]> | null = null;

/** Ask for one path, which the kind has. */
function askedFor(row: KindRow, path: readonly string[]): Promise<Told | null> {
  const key = [row.api_version, row.kind, ...path].join(" ");
  const known = told.get(key);
  if (known) return known;
  const asked = atOrchestrator
    .GET("/api/v1/schemas/{kind}", {
      params: {
        path: { kind: row.kind },
        query: { api_version: row.api_version, path: path.join(".") },
      },
    })
    .then(({ data }) => (data ? (data as unknown as Told) : null))
    .catch(() => {
      // Nobody answered: it is asked again.
      told.delete(key);
      return null;
    });
  told.set(key, asked);
  return asked;
}

/** Return what stands at a path of a kind; null: the kind has no such field, or is none of ours.
 * Step by step, so that nothing is asked for that is not there: half a word is no path. */
export async function fieldsOf(
  apiVersion: string,
  kind: string,
  path: readonly string[],
): Promise<Told | null> {
  const row = (await kindsOf()).find((one) => one.kind === kind && one.api_version === apiVersion);
  if (!row) return null;
  let here = await askedFor(row, []);
  const steps: string[] = [];
  for (const step of path) {
    if (!here || !(here.of_map || here.fields.some((field) => field.name === step))) return null;
    steps.push(here.of_map ? ANY : step);
    here = await askedFor(row, steps);
  }
  return here;
}

/** Return the kinds that there are. */
export function kindsOf(): Promise<readonly KindRow[]> {
  listed ??= atOrchestrator
    .GET("/api/v1/schemas")
    .then(({ data }) => (data as unknown as { kinds: readonly KindRow[] } | undefined)?.kinds ?? [])
    .catch(() => {
      listed = null;
      return [];
    });
  return listed;
}
