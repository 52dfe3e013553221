/** The parts of an application that are loaded when they are needed: what to do when one does not come. */
import { type ComponentType, createElement, type ReactNode, use } from "react";
import { session } from "../view/storage";

const KEY = "ecp.build.loaded";

/** A part of the application could not be loaded: another build is there, or nobody answers. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
}

/** As browsers say it, each in its own words. */
const WORDS =
  /dynamically imported module|Importing a module script|error loading dynamically|Unable to preload CSS/i;

export function isNotLoaded(error: unknown): boolean {
  return error instanceof NotLoaded || (error instanceof Error && WORDS.test(error.message));
}

type Loads<P> = () => Promise<{ default: ComponentType<P> }>;
type Part<P> = ((given: P) => ReactNode) & { preload: () => Promise<void> };

/** Return the component that *load* brings. It is asked for once; failed, again when it is next gone to. */
export function part<P extends object = object>(load: Loads<P>): Part<P> {
  let asked: Promise<ComponentType<P>> | undefined;
  const ask = () => {
    if (asked === undefined) {
      const asking = load().then(
        (one) => {
          // As `use` marks what it has waited for: what was preloaded is drawn at once.
          Object.assign(asking, { status: "fulfilled", value: one.default });
          return one.default;
        },
        (error: unknown) => {
          throw isNotLoaded(error) ? new NotLoaded(String(error), { cause: error }) : error;
        },
      );
      asked = asking;
    }
    return asked;
  };
  const Shown = (given: P) => createElement(use(ask()), given);
  const preload = () =>
    ask().then(
      () => {},
      () => {
        asked = undefined;
      },
    );
  return Object.assign(Shown, { preload });
}

/** Return the address of the script that *html* begins with: its name tells the build. */
export function entryOf(html: string): string | null {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector('script[type="module"][src]')?.getAttribute("src") ?? null;
}

/** Load the page again if the service has another build than this page is of: once for each build. */
export async function reloadIfReplaced(reload = () => location.reload()): Promise<boolean> {
  const here = entryOf(document.documentElement.outerHTML);
  let there: string | null = null;
  try {
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html" },
      cache: "no-store",
    });
    if (answer.ok) there = entryOf(await answer.text());
  } catch {
    // Nobody answers: loading again would show the browser's own page.
  }
  if (!here || !there || here === there || session.getItem(KEY) === there) return false;
  session.setItem(KEY, there);
  reload();
  return true;
}

const LOOKS_MS = 5000;

/** Load the page again once a service that did not answer does. Returns how to stop looking. */
export function reloadWhenBack(reload = () => location.reload()): () => void {
  let away = false;
  const look = async () => {
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html" },
      cache: "no-store",
    }).catch(() => null);
    if (!answer?.ok) away = true;
    else if (away) {
      clearInterval(timer);
      reload();
    }
  };
  const timer = setInterval(() => void look(), LOOKS_MS);
  void look();
  return () => clearInterval(timer);
}
