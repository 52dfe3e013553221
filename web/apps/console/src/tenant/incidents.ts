/** Incidents of a tenant as the service tells them, and what each of them is put down to. Pure. */

interface Cause {
  readonly kind?: string;
  readonly id?: string;
}

export interface Incident {
  readonly started_at: string;
  readonly detected_at?: string | null;
  readonly ended_at?: string | null;
  readonly duration_seconds?: number | null;
  readonly age_seconds?: number | null;
  readonly state?: string;
  readonly causes?: readonly Cause[];
}

export interface Failure {
  readonly id?: string;
  readonly title?: string;
  readonly targets?: readonly string[];
}

/** Causes that are named. */
const MOST = 2;

/** Return how long an incident lasts or lasted, in seconds. */
export function lasted(one: Incident): number {
  return one.duration_seconds ?? one.age_seconds ?? 0;
}

/** Return the causes of an incident in words: a fault by its title and whom it hit, else its kind (by
 * *word*, where there is one, all of a kind together); of many the first, as all rollouts of a restart
 * are one cause to a reader. */
export function put(
  one: Incident,
  failures: readonly Failure[] | undefined,
  word?: (kind: string, count: number) => string,
): string {
  const said = new Map<string, number>();
  for (const cause of one.causes ?? []) {
    const fault = failures?.find(({ id }) => cause.kind === "fault" && id === cause.id);
    const hit = fault?.targets?.length ? ` (${fault.targets.join(", ")})` : "";
    const bare = word ? (cause.kind ?? "") : `${cause.kind ?? ""} ${cause.id ?? ""}`.trim();
    const name = fault?.title ? `${fault.title}${hit}` : bare;
    const key = fault?.title || !word ? ` ${name}` : name;
    said.set(key, (said.get(key) ?? 0) + 1);
  }
  const names = [...said].map(([key, count]) =>
    key.startsWith(" ") || !word ? key.trim() : word(key, count),
  );
  const shown = names.slice(0, MOST).join(", ");
  return names.length > MOST ? `${shown}, +${names.length - MOST}` : shown;
}

/** Return the longest incident; undefined where there is none. */
export function longest(incidents: readonly Incident[]): Incident | undefined {
  return [...incidents].sort((a, b) => lasted(b) - lasted(a))[0];
}

export interface Share {
  readonly name: string;
  readonly count: number;
  readonly seconds: number;
}

/** Return what the incidents are put down to, by whom a fault hit (else by the kind of cause), the
 * greatest loss first. An incident of several causes counts for the first of them. */
export function shares(
  incidents: readonly Incident[],
  failures: readonly Failure[] | undefined,
  unknown: string,
): Share[] {
  const found = new Map<string, Share>();
  for (const one of incidents) {
    const cause = one.causes?.[0];
    const fault = failures?.find(({ id }) => cause?.kind === "fault" && id === cause.id);
    const name = fault?.targets?.[0] ?? cause?.kind ?? unknown;
    const known = found.get(name) ?? { name, count: 0, seconds: 0 };
    found.set(name, { name, count: known.count + 1, seconds: known.seconds + lasted(one) });
  }
  return [...found.values()].sort((a, b) => b.seconds - a.seconds || a.name.localeCompare(b.name));
}
