/** What is known of the field at a place in a manifest. */
import { fieldsOf, type Told } from "./fields";
import { fieldPath, kindAt } from "./offers";
import { at } from "./tree";

export interface Explained {
  /** Kind and path, as in Deployment.spec.strategy */
  readonly path: string;
  readonly field: Told;
}

/** Return what is known of the field that *offset* is in; null where it is no field of a kind. */
export async function explained(text: string, offset: number): Promise<Explained | null> {
  const place = at(text, offset);
  const known = kindAt(text, place.document);
  if (!known.kind || place.key === "") return null;
  const word = text.slice(place.word.from, place.word.to);
  const steps = fieldPath([...place.path, ...(place.key === null ? [word] : [place.key])]).filter(
    Boolean,
  );
  const field = await fieldsOf(known.apiVersion, known.kind, steps);
  return field && { path: [known.kind, ...steps].join("."), field };
}
