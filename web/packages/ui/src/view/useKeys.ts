/** Single keys as commands; never while somebody writes, chooses or an IME composes. */
import { useEffect } from "react";

/** Tell whether a key press is a command, and not part of what somebody writes. */
export function isCommand(press: KeyboardEvent): boolean {
  if (press.isComposing || press.keyCode === 229) return false;
  if (press.ctrlKey || press.metaKey || press.altKey || press.defaultPrevented) return false;
  const target = press.target as Element | null;
  return !target?.closest?.(
    "input, textarea, select, [contenteditable], [role=combobox], .cm-editor",
  );
}

/** Listen to keys by what they write (`/`, `?`) or, for letters, by their place (`KeyL`): a Korean
 * layout writes ㅣ where `l` is. */
export function useKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    const pressed = (press: KeyboardEvent) => {
      if (!isCommand(press)) return;
      const letter = press.code.startsWith("Key") ? press.code.slice(3).toLowerCase() : press.key;
      const run = keys[letter] ?? keys[press.key];
      if (run) {
        press.preventDefault();
        run();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [keys]);
}
