/** Completion and documentation of fields for CodeMirror; what is offered is decided in offers.ts. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  startCompletion,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { type EditorView, hoverTooltip } from "@codemirror/view";
import { type Explained, explained } from "./explained";
import { fieldsOf, kindsOf } from "./fields";
import { asked, keyOffers, kindAt, type Offer, rootOffers, valueOffers } from "./offers";
import { at, type Place } from "./tree";

const SCALARS = new Set(["Quantity", "IntOrString", "Time", "MicroTime"]);
/** Where no kind is known yet. */
const ROOT = ["apiVersion", "kind", "metadata", "spec", "data"];

/** Return what may be written at a place. */
async function offers(place: Place, text: string): Promise<Offer[]> {
  const known = kindAt(text, place.document);
  const { field, path } = asked(place);
  const isRoot = place.path.length === 0;
  if (isRoot && (field === "kind" || field === "apiVersion"))
    return rootOffers(await kindsOf(), field, known);
  const told = await fieldsOf(known.apiVersion, known.kind, path);
  if (!told) {
    const plain = { type: "property", detail: "", info: "", boost: 0 } as const;
    const free = ROOT.filter((name) => !place.document.entries.some((e) => e.path[0] === name));
    return isRoot && place.key === null
      ? free.map((label) => ({ ...plain, label, apply: `${label}: ` }))
      : [];
  }
  if (field !== null) {
    const own = told.fields.find((one) => one.name === field);
    return own ? valueOffers(own, place, text) : [];
  }
  // An item of a list: keys where its items have some, else the values of the list.
  return told.fields.length > 0 ? keyOffers(told, place) : valueOffers(told, place, text);
}

/** Return what a key is followed by: its map or list begins on the next line. */
function keyWith(offer: Offer, view: EditorView, from: number): string {
  const line = view.state.doc.lineAt(from);
  const before = line.text.slice(0, from - line.from);
  if (/^\s*:/.test(line.text.slice(from - line.from).replace(/^[\w./-]*/, ""))) return offer.label;
  if (!/^[\s-]*$/.test(before)) return offer.apply;
  const indent = " ".repeat(from - line.from + 2);
  if (offer.detail.startsWith("[]")) return `${offer.label}:\n${indent}- `;
  const isMap = /^(map|[A-Z])/.test(offer.detail) && !SCALARS.has(offer.detail);
  return isMap ? `${offer.label}:\n${indent}` : offer.apply;
}

function completion(offer: Offer): Completion {
  return {
    label: offer.label,
    type: offer.type,
    boost: offer.boost,
    ...(offer.detail ? { detail: offer.detail } : {}),
    ...(offer.info ? { info: offer.info } : {}),
    apply: (view, _, from, to) => {
      const insert = offer.type === "property" ? keyWith(offer, view, from) : offer.apply;
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length },
        userEvent: "input.complete",
      });
      if (offer.type === "property") startCompletion(view);
    },
  };
}

async function source(context: CompletionContext): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const place = at(text, context.pos);
  // Nobody is interrupted who only begins a line.
  if (!context.explicit && place.key === null && place.word.from === context.pos) return null;
  if (place.key === "") return null;
  const found = await offers(place, text);
  if (context.aborted || found.length === 0) return null;
  return {
    from: place.word.from,
    to: place.word.to,
    options: found.map(completion),
    validFor: /^[\w./-]*$/,
  };
}

const hovered = hoverTooltip(async (view, pos) => {
  const text = view.state.doc.toString();
  const { word } = at(text, pos);
  if (pos < word.from || pos > word.to || word.from === word.to) return null;
  const found = await explained(text, pos);
  if (!found) return null;
  return {
    pos: word.from,
    end: word.to,
    above: true,
    create: () => ({ dom: card(found) }),
  };
});

function card({ path, field }: Explained): HTMLElement {
  const made = document.createElement("div");
  made.className = "ecp-field";
  const add = (tag: string, text: string) => {
    if (text) made.appendChild(document.createElement(tag)).textContent = text;
  };
  add("code", path);
  add("b", field.type);
  add("p", field.description);
  add("small", field.source);
  return made;
}

export const assist: Extension = [
  autocompletion({ override: [source], icons: false, maxRenderedOptions: 60 }),
  hovered,
];
