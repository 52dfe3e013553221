/** Where in a manifest a field of an object is written. Pure. */
import { outline } from "./offers";
import { documents, type Path, type Step, same, steps, valueAt } from "./tree";

/** Return the letter at which *field* of *object* ("deployment/web") begins, or what of it is written;
 * null: the object is not in *text*. Items of lists are named: spec.containers[web].image. */
export function placeOf(text: string, object: string, field: string): number | null {
  const [kind, name] = object.split("/");
  const line = outline(text).find((one) => one.kind.toLowerCase() === kind && one.name === name);
  const document = documents(text).find((one) => one.index === line?.index);
  if (!line || !document) return null;
  /** The first letters that stand at a path, or below it: an item of a list has none of its own. */
  const first = (path: Path) =>
    document.entries.find((one) => same(one.path.slice(0, path.length), path));
  const named = (path: Path, item: Step) => {
    for (let index = 0; first([...path, index]); index += 1)
      if (valueAt(text, document, [...path, index, "name"]) === item) return index;
    return null;
  };
  let path: Path = [];
  for (const step of steps(field)) {
    const next = first([...path, step]) ? step : named(path, step);
    if (next === null) break;
    path = [...path, next];
  }
  return path.length ? (first(path)?.key.from ?? line.from) : line.from;
}
