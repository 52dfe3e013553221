/** What the address says of this page. */
export const VIEW = {
  view: "tree",
  q: "",
  /** Kinds by comma. */
  kind: "",
  /** A label selector; the service reads it. */
  label: "",
  /** Empty: as many objects as there are decide; else problems or all. */
  show: "",
  /** Only the members of a group. */
  in: "",
  /** Rows of the tree that somebody folded or opened. */
  flip: "",
  /** What the map shows beside the way of a request. */
  with: "",
  /** The object whose details are open. */
  o: "",
  /** Pods whose logs are read as one. */
  pods: "",
} as const;

export const listed = (text: string): ReadonlySet<string> =>
  new Set(text.split(",").filter(Boolean));

/** Return the list with *one* in it, or without it where it was. */
export function flipped(text: string, one: string): string {
  const next = new Set(listed(text));
  if (!next.delete(one)) next.add(one);
  return [...next].join(",");
}
