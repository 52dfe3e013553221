/** What somebody chose for all pages and a link has to say, too: who opens it sees the same. */
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { usePreferences } from "../view/preferences";

/** Keep `demo` in the address while the demo is shown, and a language that it names as it was changed since.
 * *offered*: there is a demo. */
export function useShared(offered: boolean): void {
  const { demo, language } = usePreferences();
  const said = useSearch({ strict: false }) as { demo?: unknown; lang?: unknown };
  const router = useRouter();
  const inDemo = said.demo !== undefined && said.demo !== false;
  const shown = offered && demo !== inDemo ? demo || undefined : said.demo;
  const spoken = said.lang === undefined ? undefined : language;
  const follows = shown === said.demo && spoken === said.lang;
  useEffect(() => {
    if (follows) return;
    const { pathname, search, hash } = router.history.location;
    const others = router.options.parseSearch(search);
    const next = router.options.stringifySearch({ ...others, demo: shown, lang: spoken });
    router.history.replace(pathname + next + hash);
  }, [follows, shown, spoken, router]);
}
