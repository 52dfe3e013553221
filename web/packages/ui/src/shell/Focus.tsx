/** The focus is never lost. Where what had it goes from the page, a browser gives it to nobody: keys lead
 * nowhere and a screen reader begins at the top. Here it goes to what stands in that place now. */
import { useEffect } from "react";

/** What a key leads to. */
const REACHED =
  'a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [contenteditable="true"], [tabindex="0"]';
/** Parts of the page that the focus is kept within, while they are there. */
const PARTS = "[role=dialog], [role=menu], main";
/** Others go first: who gives it back on closing, a page that says where one begins. */
const AFTER_MS = 40;

interface Held {
  readonly element: HTMLElement;
  readonly part: Element;
  /** From within outwards: an ancestor, and which of its children led here. */
  readonly place: readonly { readonly within: Element; readonly index: number }[];
  readonly pathname: string;
}

const visible = (one: Element) => one.isConnected && (one.checkVisibility?.() ?? true);
const able = (one: Element) => visible(one) && !one.matches(":disabled");
const lost = () => document.activeElement === null || document.activeElement === document.body;

function heldBy(element: HTMLElement): Held {
  const part = element.closest(PARTS) ?? document.body;
  const place: { within: Element; index: number }[] = [];
  for (let one: Element = element; one !== part && one.parentElement; one = one.parentElement) {
    const within = one.parentElement;
    place.push({ within, index: [...within.children].indexOf(one) });
  }
  return { element, part, place, pathname: location.pathname };
}

/** Return what stands where something stood: what comes after it there, else what is before it. */
function successor({ place }: Pick<Held, "place">): HTMLElement | undefined {
  for (const { within, index } of place) {
    if (!visible(within)) continue;
    if (within.matches('[tabindex="0"]')) return within as HTMLElement;
    const there = [...within.querySelectorAll<HTMLElement>(REACHED)].filter(able);
    const child = within.children[index];
    const after = there.find(
      (one) =>
        child?.contains(one) ||
        (child && child.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING),
    );
    const found = after ?? there.at(-1);
    if (found) return found;
  }
  return undefined;
}

/** Give the focus to who had it, or to what stands there; *held*: by part, the topmost last. */
function giveBack(held: readonly Held[]): void {
  // Who has gone to another page begins at its title.
  if (held.at(-1)?.pathname !== location.pathname) return;
  const last = held.findLast((one) => visible(one.part));
  // What is busy comes back.
  if (last && visible(last.element) && last.element.matches("[data-loading]")) return;
  const to = last && able(last.element) ? last.element : last && successor(last);
  // An address with a drawer open was come to: nothing lay below it yet.
  const heading = document.querySelector<HTMLElement>("main h1");
  if (!to && heading) heading.tabIndex = -1;
  (to ?? heading)?.focus({ preventScroll: to === last?.element });
}

export function Focus() {
  useEffect(() => {
    let held: Held[] = [];
    let timer = 0;
    const met = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || target === document.body) return;
      const now = heldBy(target);
      held = [...held.filter((one) => one.part.isConnected && one.part !== now.part), now];
    };
    const left = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget) return;
      // Somebody has left it, as by a click beside it: it is still there.
      queueMicrotask(() => {
        const last = held.at(-1);
        if (last && last.element === target && able(last.element) && lost()) held = [];
      });
    };
    const changed = () => {
      if (timer || held.length === 0 || !lost()) return;
      timer = window.setTimeout(() => {
        timer = 0;
        if (lost()) giveBack(held);
      }, AFTER_MS);
    };
    const watch = new MutationObserver(changed);
    watch.observe(document.body, {
      childList: true,
      subtree: true,
      attributeFilter: ["disabled", "data-loading"],
    });
    document.addEventListener("focusin", met);
    document.addEventListener("focusout", left);
    return () => {
      clearTimeout(timer);
      watch.disconnect();
      document.removeEventListener("focusin", met);
      document.removeEventListener("focusout", left);
    };
  }, []);
  return null;
}
