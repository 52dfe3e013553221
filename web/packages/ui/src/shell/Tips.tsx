/** What `data-tip` says of the thing under the pointer, or that has the focus: one for the whole page. */
import { useEffect, useRef, useState } from "react";
import classes from "./tips.module.css";

const AFTER_MS = 250;
const ID = "ecp-tip";
const GAP = 6;

interface Tip {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly above: boolean;
}

/** Return where what is said of a thing at *box* stands: below it, or above where there is no room. */
export function placed(box: DOMRect, width: number, height: number): Omit<Tip, "text"> {
  const middle = box.left + box.width / 2;
  // Half of the widest.
  const half = Math.min(160, width / 2 - 8);
  const above = box.bottom + 40 > height;
  return {
    x: Math.max(8 + half, Math.min(width - 8 - half, middle)),
    y: above ? box.top - GAP : box.bottom + GAP,
    above,
  };
}

export function Tips() {
  const [tip, setTip] = useState<Tip | null>(null);
  const of = useRef<Element | null>(null);
  useEffect(() => {
    let timer = 0;
    const hide = () => {
      clearTimeout(timer);
      of.current?.removeAttribute("aria-describedby");
      of.current = null;
      setTip(null);
    };
    const show = (thing: Element) => {
      const text = thing.getAttribute("data-tip");
      if (!text || !thing.isConnected) return hide();
      // What is its name already is not read twice.
      if (thing.getAttribute("aria-label") !== text) thing.setAttribute("aria-describedby", ID);
      setTip({ text, ...placed(thing.getBoundingClientRect(), innerWidth, innerHeight) });
    };
    const meet = (event: Event) => {
      const target = event.target as Element;
      // It stays while the pointer is on it.
      if (target.id === ID) return;
      const thing = target.closest?.("[data-tip]") ?? null;
      if (thing === of.current) return;
      hide();
      if (!thing || (event.type === "focusin" && !target.matches(":focus-visible"))) return;
      of.current = thing;
      timer = window.setTimeout(() => show(thing), event.type === "focusin" ? 0 : AFTER_MS);
    };
    const key = (press: KeyboardEvent) => press.key === "Escape" && hide();
    const events = [
      ["pointerover", meet],
      ["focusin", meet],
      ["pointerdown", hide],
      ["scroll", hide],
      ["focusout", hide],
    ] as const;
    for (const [name, does] of events) document.addEventListener(name, does, true);
    document.addEventListener("keydown", key, true);
    return () => {
      hide();
      for (const [name, does] of events) document.removeEventListener(name, does, true);
      document.removeEventListener("keydown", key, true);
    };
  }, []);
  if (!tip) return null;
  return (
    <div
      id={ID}
      role="tooltip"
      className={classes.tip}
      data-above={tip.above || undefined}
      style={{ left: tip.x, top: tip.y }}
    >
      {tip.text}
    </div>
  );
}
