/** How the objects of two clusters differ, by their versions. Pure. */

export interface Listed {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly resource_version?: string;
}

export interface Difference {
  readonly id: string;
  /** left, right: only there; changed: in another version. */
  readonly how: "left" | "right" | "changed";
}

const id = (one: Listed) => [one.kind, one.namespace, one.name].filter(Boolean).join("/");

/** Return what differs, events left out: they come and go by themselves. */
export function differing(left: readonly Listed[], right: readonly Listed[]): Difference[] {
  const known = (rows: readonly Listed[]) =>
    new Map(rows.filter((one) => one.kind !== "Event").map((one) => [id(one), one]));
  const [here, there] = [known(left), known(right)];
  const found: Difference[] = [];
  for (const [name, one] of here) {
    const other = there.get(name);
    if (other === undefined) found.push({ id: name, how: "left" });
    else if (other.resource_version !== one.resource_version)
      found.push({ id: name, how: "changed" });
  }
  for (const name of there.keys()) if (!here.has(name)) found.push({ id: name, how: "right" });
  return found.sort((a, b) => a.id.localeCompare(b.id));
}
