/** What may be written at a place of a manifest: keys, values, names that it defines itself. Pure. */
import type { Field, KindRow, Told } from "./fields";
import { type Document, documents, keysAt, type Path, type Place, plain, valueAt } from "./tree";

export interface Offer {
  readonly label: string;
  readonly type: "property" | "enum" | "constant" | "class";
  /** Its type, or where it is from. */
  readonly detail: string;
  readonly info: string;
  /** What is written in its place, where that is more than the label. */
  readonly apply: string;
  /** First what has to be given. */
  readonly boost: number;
}

/** Where the name of another object is written: the end of the path, and that object's kind. */
const REFERENCES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/(configMapKeyRef|configMapRef|configMap)\.name$/, ["ConfigMap"]],
  [/(secretKeyRef|secretRef|imagePullSecrets)\.name$/, ["Secret"]],
  [/secretName$/, ["Secret"]],
  [/serviceAccountName$/, ["ServiceAccount"]],
  [/claimName$/, ["PersistentVolumeClaim"]],
  [/(backend\.service\.name|spec\.serviceName|clientConfig\.service\.name)$/, ["Service"]],
  [/scaleTargetRef\.name$/, ["Deployment", "StatefulSet", "ReplicaSet"]],
  [/roleRef\.name$/, ["Role", "ClusterRole"]],
  [/priorityClassName$/, ["PriorityClass"]],
  [/metadata\.namespace$/, ["Namespace"]],
];

export interface Known {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Return the kind of the document that a place is in. */
export function kindAt(text: string, document: Document): Known {
  return {
    apiVersion: valueAt(text, document, ["apiVersion"]),
    kind: valueAt(text, document, ["kind"]),
  };
}

/** Return the steps of a path as fields are asked for: an item is gone into without saying which. */
export function fieldPath(path: Path): string[] {
  return path.filter((step): step is string => typeof step === "string");
}

/** Return which field the value at *place* is of, and whose keys may stand there. */
export function asked(place: Place): { field: string | null; path: string[] } {
  const path = fieldPath(place.path);
  if (typeof place.key === "string") return { field: place.key, path };
  return { field: null, path };
}

/** Offers at the root of a document for its apiVersion and kind. */
export function rootOffers(
  rows: readonly KindRow[],
  field: "kind" | "apiVersion",
  known: Known,
): Offer[] {
  const fits = rows.filter((row) =>
    field === "kind"
      ? known.apiVersion === "" || row.api_version === known.apiVersion
      : known.kind === "" || row.kind === known.kind,
  );
  const chosen = fits.length > 0 ? fits : rows;
  const names = chosen.map((row) => (field === "kind" ? row.kind : row.api_version));
  return [...new Set(names)].map((label) => ({
    label,
    type: "class",
    detail: field === "kind" ? (chosen.find((row) => row.kind === label)?.api_version ?? "") : "",
    info: "",
    apply: label,
    boost: 0,
  }));
}

/** Offers of keys: those that are not there yet, what is required first. */
export function keyOffers(told: Told, place: Place): Offer[] {
  const path = typeof place.key === "number" ? [...place.path, place.key] : place.path;
  const held = new Set(keysAt(place.document, path));
  return told.fields
    .filter((field) => !held.has(field.name))
    .map((field) => ({
      label: field.name,
      type: "property",
      detail: field.type,
      info: describe(field),
      apply: `${field.name}: `,
      boost: field.required ? 2 : field.name === "status" ? -2 : 0,
    }));
}

/** Offers of values: what the schema names, or what the manifest itself defines. */
export function valueOffers(field: Field, place: Place, text: string): Offer[] {
  const values = field.type === "boolean" ? ["true", "false"] : field.enum;
  const words = values.map(
    (label): Offer => ({
      label,
      type: "enum",
      detail: label === String(field.default) ? "default" : "",
      info: "",
      apply: label,
      boost: 0,
    }),
  );
  return [...words, ...referenceOffers(place, text)];
}

function referenceOffers(place: Place, text: string): Offer[] {
  const path = [...fieldPath(place.path), String(place.key)].join(".");
  const kinds = REFERENCES.find(([pattern]) => pattern.test(path))?.[1] ?? [];
  return outline(text).flatMap(({ kind, name: label }): Offer[] =>
    label && kinds.includes(kind)
      ? [{ label, type: "constant", detail: kind, info: "", apply: label, boost: 1 }]
      : [],
  );
}

/** Return the words of a field, without what its enum says again. */
export function describe(field: Field): string {
  const [words = ""] = field.description.split("\n\nPossible enum values");
  return words;
}

export interface Line {
  readonly index: number;
  readonly kind: string;
  readonly name: string;
  readonly from: number;
}

type Named = Pick<Line, "kind" | "name"> & { readonly first: number };

/** Of the text read last, by the letters of each document: a letter later all but one are the same. */
let known: ReadonlyMap<string, Named> = new Map();

/** Return the documents of a manifest by kind and name. */
export function outline(text: string): Line[] {
  const next = new Map<string, Named>();
  const rows = documents(text).map((document): Line => {
    const { index, from, to } = document;
    const written = text.slice(from, to);
    const { first, ...named } = known.get(written) ?? next.get(written) ?? read(text, document);
    next.set(written, { first, ...named });
    return { index, ...named, from: from + first };
  });
  known = next;
  return rows;
}

function read(text: string, document: Document): Named {
  return {
    kind: plain(valueAt(text, document, ["kind"])),
    name: plain(valueAt(text, document, ["metadata", "name"])),
    first: (document.entries[0]?.key.from ?? document.from) - document.from,
  };
}

/** Return the objects that *before* has and *after* lacks, by kind and name. */
export function removed(before: string, after: string): string[] {
  const named = (text: string) => outline(text).map((one) => `${one.kind} ${one.name}`);
  const held = new Set(named(after));
  return named(before).filter((one) => !held.has(one));
}
