/** What stands around every page: header, menu, breadcrumb, palette, keys. */
import { ActionIcon, Kbd, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useSpotlight } from "@mantine/spotlight";
import { IconMenu2, IconSearch, IconX } from "@tabler/icons-react";
import { Link, Outlet, useLocation, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTopmost } from "../layout/stack";
import { Waiting } from "../layout/Waiting";
import { useUi } from "../texts/texts";
import { isComposed, useKeys } from "../view/useKeys";
import type { App } from "./create";
import { Display } from "./Display";
import { Help } from "./Help";
import { Nav } from "./Nav";
import { palette, store } from "./palette";
import { visited } from "./recent";
import classes from "./shell.module.css";
import { trail } from "./trail";
import { useShared } from "./useShared";

export function Shell<K extends string>({ app }: { app: App<K> }) {
  const t = app.useT();
  const u = useUi();
  const [menu, { toggle, close }] = useDisclosure();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const { pathname } = useLocation();
  const crumbs = trail(app.pages, pathname);
  const last = crumbs.at(-1);
  const named = crumbs.map((crumb) => crumb.name ?? t(crumb.title as K));
  const whole = named.join(" / ");
  // A part of something says of what: SLA · acme.
  const of = last?.name ? undefined : crumbs.findLast((crumb) => crumb.name)?.name;
  const here = [named.at(-1) ?? u("missing"), of].filter(Boolean).join(" · ");

  useEffect(() => {
    document.title = here ? `${here} · ${app.name}` : app.name;
    close();
  }, [here, app.name, close]);
  useEffect(() => {
    if (whole && pathname !== "/") visited(app.name, { to: pathname, name: whole });
  }, [app.name, pathname, whole]);
  // Not where one is going to: while the new page is on its way, the old one is still shown.
  useHeading(useRouterState({ select: (router) => router.resolvedLocation?.pathname ?? pathname }));
  useShellKeys(app, openHelp);
  useShared(app.demo ?? false);

  return (
    <>
      <a href="#content" className={classes.skip}>
        {u("skip")}
      </a>
      <header className={classes.header}>
        <ActionIcon
          variant="subtle"
          color="gray"
          hiddenFrom="sm"
          onClick={toggle}
          aria-label={u("menu")}
          aria-expanded={menu}
        >
          {menu ? <IconX size={18} /> : <IconMenu2 size={18} />}
        </ActionIcon>
        <Link
          to="/"
          className={classes.brand}
          aria-label={app.name}
          activeOptions={{ exact: true }}
        >
          <Mark />
          <span>{app.name}</span>
        </Link>
        <nav className={classes.crumbs} aria-label={u("trail")}>
          {crumbs.map((crumb, index) => (
            <span key={crumb.to} className={classes.crumb}>
              {index > 0 && <span aria-hidden>/</span>}
              {index < crumbs.length - 1 ? (
                // Above what is shown, it is not what is shown.
                <Link to={crumb.to} activeOptions={{ exact: true }}>
                  {crumb.name ?? t(crumb.title as K)}
                </Link>
              ) : (
                <span aria-current="page">{crumb.name ?? t(crumb.title as K)}</span>
              )}
            </span>
          ))}
        </nav>
        <UnstyledButton className={classes.search} onClick={palette.open}>
          <IconSearch size={14} aria-hidden />
          <span>{u("help.palette")}</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </UnstyledButton>
        <Display demo={app.demo ?? false} onHelp={openHelp} />
      </header>
      <div className={classes.navbar} data-open={menu || undefined}>
        <Nav app={app} />
      </div>
      <main id="content" className={classes.main} tabIndex={-1}>
        {app.Bands && <app.Bands />}
        <div className={classes.content}>
          <Suspense fallback={<Waiting />}>
            <Outlet />
          </Suspense>
        </div>
      </main>
      <Searching app={app} />
      <Help opened={help} onClose={closeHelp} />
    </>
  );
}

const Palette = lazy(() => import("./Palette"));

/** The palette, from when it is first asked for. */
function Searching<K extends string>({ app }: { app: App<K> }) {
  const { opened } = useSpotlight(store);
  const [wanted, want] = useState(false);
  if (opened && !wanted) want(true);
  useTopmost(opened);
  return <Suspense>{wanted && <Palette app={app as unknown as App<string>} />}</Suspense>;
}

/** `?`, `/`, Ctrl-K and `g` with a page's key. */
function useShellKeys<K extends string>(app: App<K>, openHelp: () => void): void {
  const t = app.useT();
  const u = useUi();
  const navigate = useNavigate();
  const [keys, says] = useMemo(() => {
    const found: Record<string, () => void> = {
      "?": openHelp,
      "/": () => {
        const box = document.querySelector<HTMLInputElement>("[data-filter]");
        if (box) box.focus();
        else palette.open();
      },
    };
    const named: Record<string, string> = { "/": u("help.filter"), "?": u("help.help") };
    for (const page of app.pages) {
      if (!page.key) continue;
      found[`g ${page.key}`] = () => void navigate({ to: page.path });
      named[`g ${page.key}`] = t(page.title);
    }
    return [found, named] as const;
  }, [app.pages, navigate, openHelp, t, u]);
  useKeys(keys, says);
  useEffect(() => {
    // By its place: a Korean layout writes ㅏ where K is.
    const opens = (press: KeyboardEvent) => {
      if (!(press.ctrlKey || press.metaKey) || press.altKey || press.shiftKey) return;
      if (press.code !== "KeyK" || isComposed(press)) return;
      press.preventDefault();
      palette.toggle();
    };
    window.addEventListener("keydown", opens);
    return () => window.removeEventListener("keydown", opens);
  }, []);
}

/** A page that was gone to is read from its title on. */
function useHeading(pathname: string): void {
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return undefined;
    before.current = pathname;
    const left = document.activeElement;
    const focus = () => {
      const heading = document.querySelector<HTMLElement>("main h1");
      // Somebody has gone on meanwhile: into a field of the new page.
      const free = document.activeElement === document.body || document.activeElement === left;
      if (!heading || !free) return !free;
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      return true;
    };
    // A page that has nothing yet to draw a title of gets one later.
    const watch = new MutationObserver(() => focus() && watch.disconnect());
    const frame = requestAnimationFrame(() => {
      if (!focus()) watch.observe(document.body, { childList: true, subtree: true });
    });
    const timer = setTimeout(() => watch.disconnect(), 10_000);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      watch.disconnect();
    };
  }, [pathname]);
}

function Mark() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden>
      <rect x="1" y="1" width="18" height="18" rx="5" fill="#4a6cd4" />
      <path
        d="M5 12.5l3-5 3 4 4-6"
        fill="none"
        stroke="#fff"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
