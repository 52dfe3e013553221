/** Keys as commands: one, or two after each other (`g t`); never while somebody writes, chooses or an
 * IME composes. */
import { useEffect } from "react";

/** Tell whether a key press belongs to an IME: Safari says of the Enter that ends a composition only that it was
 * taken (229). */
export function isComposed(press: KeyboardEvent): boolean {
  return press.isComposing || press.keyCode === 229;
}

/** Tell whether a key press is a command, and neither part of what somebody writes nor of what a dialog asks. */
export function isCommand(press: KeyboardEvent): boolean {
  if (isComposed(press)) return false;
  if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented) return false;
  const target = press.target as Element | null;
  return !target?.closest?.(
    "input, textarea, select, [contenteditable], [role=combobox], [role=menu], .cm-editor, .mantine-Modal-content",
  );
}

export type Keys = Readonly<Record<string, () => void>>;
/** What a key does, in words: what `?` shows. */
export type Says = Readonly<Record<string, string>>;

const SECOND_WITHIN_MS = 1200;
const held = new Set<{ keys: Keys; says: Says }>();
let began = { key: "", at: 0 };

/** Return what a key writes (`/`, `?`) or, for a letter, its place: a Korean layout writes ㅣ where `l`
 * is. */
function named(press: KeyboardEvent): string {
  return press.code?.startsWith("Key") ? press.code.slice(3).toLowerCase() : press.key;
}

function pressed(press: KeyboardEvent): void {
  if (!isCommand(press)) return;
  const name = named(press);
  const before = press.timeStamp - began.at < SECOND_WITHIN_MS ? began.key : "";
  began = { key: "", at: 0 };
  // Who came last stands above: a drawer over its page.
  const all = [...held].reverse();
  const find = (key: string) => all.find((one) => key in one.keys)?.keys[key];
  const run = before ? find(`${before} ${name}`) : (find(name) ?? find(press.key));
  if (run) {
    press.preventDefault();
    run();
  } else if (all.some((one) => Object.keys(one.keys).some((key) => key.startsWith(`${name} `)))) {
    began = { key: name, at: press.timeStamp };
  }
}

/** Listen to keys while the component is shown; *says*: what `?` tells of them. */
export function useKeys(keys: Keys, says?: Says): void {
  useEffect(() => {
    const mine = { keys, says: says ?? {} };
    if (held.size === 0) window.addEventListener("keydown", pressed);
    held.add(mine);
    return () => {
      held.delete(mine);
      if (held.size === 0) window.removeEventListener("keydown", pressed);
    };
  }, [keys, says]);
}

/** Return what the keys that are listened to now do, the page's own first. */
export function keysNow(): [string, string][] {
  const found = new Map<string, string>();
  for (const one of [...held].reverse())
    for (const [key, say] of Object.entries(one.says)) if (!found.has(key)) found.set(key, say);
  return [...found];
}
