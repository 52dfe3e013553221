/** Taints as kubectl writes them: key=value:Effect. Pure. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Return the taint that *text* writes, null for none. */
export function asTaint(text: string): Taint | null {
  const found = /^([^=:\s]+)(?:=([^:\s]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(
    text.trim(),
  );
  if (!found?.[1] || !found[3]) return null;
  return { key: found[1], ...(found[2] ? { value: found[2] } : {}), effect: found[3] };
}
