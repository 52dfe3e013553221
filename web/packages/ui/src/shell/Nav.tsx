/** The menu: an app's pages, in sections that can be folded. */
import { IconChevronDown, IconExternalLink } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useUi } from "../texts/texts";
import { local } from "../view/storage";
import type { App, Hit } from "./create";
import { current, type PageRow, sections } from "./pages";
import classes from "./shell.module.css";

const KEY = "ecp.menu.folded";

function kept(): string[] {
  try {
    const found: unknown = JSON.parse(local.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

export function Nav<K extends string>({ app }: { app: App<K> }) {
  const t = app.useT();
  const u = useUi();
  const { pathname } = useLocation();
  const [folded, setFolded] = useState(kept);
  const here = current(app.pages, pathname);
  const parts = useMemo(() => sections(app.pages), [app.pages]);
  const fold = (name: string) => {
    const next = folded.includes(name) ? folded.filter((one) => one !== name) : [...folded, name];
    local.setItem(KEY, JSON.stringify(next));
    setFolded(next);
  };
  return (
    <nav aria-label={u("menu")} className={classes.nav}>
      {parts.map(({ group, pages }) => {
        const away = group !== undefined && folded.includes(group);
        const shown = away ? pages.filter((page) => page.path === here) : pages;
        return (
          <section key={group ?? ""}>
            {group !== undefined && (
              <button
                type="button"
                className={classes.section}
                aria-expanded={!away}
                onClick={() => fold(group)}
              >
                {t(group)}
                <IconChevronDown size={13} aria-hidden />
              </button>
            )}
            {shown.map((page) => (
              <Entry
                key={page.path}
                page={page}
                name={t(page.title)}
                here={here}
                exact={pathname}
              />
            ))}
          </section>
        );
      })}
      {app.useElsewhere && <Elsewhere useElsewhere={app.useElsewhere} />}
    </nav>
  );
}

function Elsewhere({ useElsewhere }: { useElsewhere: () => Hit | null }) {
  const found = useElsewhere();
  return (
    found && (
      <section className={classes.elsewhere}>
        <a className={classes.entry} href={found.to} data-elsewhere>
          <IconExternalLink size={17} stroke={1.6} aria-hidden />
          {found.name}
        </a>
      </section>
    )
  );
}

function Entry({
  page,
  name,
  here,
  exact,
}: {
  page: PageRow;
  name: string;
  here: string | undefined;
  exact: string;
}) {
  const Icon = page.icon;
  const active = page.path === here;
  return (
    <Link
      to={page.path}
      className={classes.entry}
      data-active={active || undefined}
      activeOptions={{ exact: true }}
      aria-current={active ? (exact === page.path ? "page" : "true") : undefined}
    >
      {Icon && <Icon size={17} stroke={1.6} aria-hidden />}
      {name}
    </Link>
  );
}
