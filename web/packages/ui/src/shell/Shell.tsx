/** What stands around every page: header, menu, breadcrumb, palette, keys. */
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Kbd,
  Menu,
  Modal,
  Switch,
  Text,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Spotlight, spotlight } from "@mantine/spotlight";
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLanguage,
  IconMoon,
  IconSearch,
  IconSun,
} from "@tabler/icons-react";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { useUi } from "../texts/texts";
import { prefer, usePreferences } from "../view/preferences";
import { useKeys } from "../view/useKeys";
import type { App } from "./create";
import classes from "./shell.module.css";
import { trail } from "./trail";

const THEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

export function Shell<K extends string>({ app }: { app: App<K> }) {
  const t = app.useT();
  const u = useUi();
  const [menu, { toggle, close }] = useDisclosure();
  const [help, { open: openHelp, close: closeHelp }] = useDisclosure();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const shown = useMemo(() => app.pages.filter((page) => page.icon), [app.pages]);
  const crumbs = trail(app.pages, pathname);
  const last = crumbs.at(-1);
  const here = last ? (last.name ?? t(last.title as K)) : "";

  useEffect(() => {
    document.title = here ? `${here} · ${app.name}` : app.name;
    close();
  }, [here, app.name, close]);

  const going = useRef(0);
  const keys = useMemo(() => {
    const found: Record<string, () => void> = {
      "?": openHelp,
      "/": () => {
        const box = document.querySelector<HTMLInputElement>("[data-filter]");
        if (box) box.focus();
        else spotlight.open();
      },
      g: () => {
        going.current = performance.now();
      },
    };
    for (const page of shown) {
      const key = page.key;
      if (key) {
        found[key] = () => {
          if (performance.now() - going.current < 1200) void navigate({ to: page.path });
        };
      }
    }
    return found;
  }, [shown, navigate, openHelp]);
  useKeys(keys);

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 204, breakpoint: "sm", collapsed: { mobile: !menu } }}
      padding={0}
    >
      <a href="#content" className={classes.skip}>
        {u("skip")}
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="sm" gap="sm" wrap="nowrap">
          <Burger opened={menu} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={u("menu")} />
          <Link to="/" className={classes.brand}>
            <Mark />
            <span>{app.name}</span>
          </Link>
          <nav className={classes.crumbs} aria-label="breadcrumb">
            {crumbs.map((crumb, index) => (
              <span key={crumb.to} className={classes.crumb}>
                {index > 0 && <span aria-hidden>/</span>}
                {index < crumbs.length - 1 ? (
                  <Link to={crumb.to}>{crumb.name ?? t(crumb.title as K)}</Link>
                ) : (
                  <span aria-current="page">{crumb.name ?? t(crumb.title as K)}</span>
                )}
              </span>
            ))}
          </nav>
          <UnstyledButton className={classes.search} onClick={spotlight.open} visibleFrom="sm">
            <IconSearch size={14} aria-hidden />
            <span>{u("help.palette")}</span>
            <Kbd size="xs">Ctrl K</Kbd>
          </UnstyledButton>
          <Display demo={app.demo ?? false} onHelp={openHelp} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={u("menu")}>
        {shown.map((page) => {
          const Icon = page.icon;
          const active = page.path === "/" ? pathname === "/" : pathname.startsWith(page.path);
          return (
            <Link
              key={page.path}
              to={page.path}
              className={classes.entry}
              data-active={active || undefined}
            >
              {Icon && <Icon size={17} stroke={1.6} aria-hidden />}
              {t(page.title)}
            </Link>
          );
        })}
      </AppShell.Navbar>
      <AppShell.Main>
        {app.Bands && <app.Bands />}
        <main id="content" className={classes.content}>
          <Outlet />
        </main>
      </AppShell.Main>
      <Spotlight
        shortcut="mod + K"
        nothingFound={u("palette.nothing")}
        highlightQuery
        scrollable
        maxHeight={420}
        searchProps={{
          leftSection: <IconSearch size={16} />,
          placeholder: u("palette.placeholder"),
          "aria-label": u("help.palette"),
        }}
        actions={shown.map((page) => {
          const Icon = page.icon;
          return {
            id: page.path,
            label: t(page.title),
            ...(page.key ? { rightSection: <Kbd size="xs">{`g ${page.key}`}</Kbd> } : {}),
            leftSection: Icon && <Icon size={18} stroke={1.6} />,
            onClick: () => void navigate({ to: page.path }),
          };
        })}
      />
      <Help opened={help} onClose={closeHelp} />
    </AppShell>
  );
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

function Display({ demo: offered, onHelp }: { demo: boolean; onHelp: () => void }) {
  const u = useUi();
  const { language, zone, demo } = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = THEMES[colorScheme];
  return (
    <Group gap={4} wrap="nowrap" ml="auto">
      {offered && (
        <Tooltip label={u(demo ? "demo.off" : "demo.on")}>
          <Switch
            size="xs"
            label={u("demo")}
            checked={demo}
            onChange={(change) => prefer({ demo: change.currentTarget.checked })}
            mr="xs"
          />
        </Tooltip>
      )}
      <Tooltip label={u("zone")}>
        <UnstyledButton
          className={classes.choice}
          aria-label={`${u("zone")}: ${zone === "UTC" ? "UTC" : "KST"}`}
          onClick={() => prefer({ zone: zone === "UTC" ? "Asia/Seoul" : "UTC" })}
        >
          {zone === "UTC" ? "UTC" : "KST"}
        </UnstyledButton>
      </Tooltip>
      <Tooltip label={u("language")}>
        <UnstyledButton
          className={classes.choice}
          lang={language === "ko" ? "en" : "ko"}
          onClick={() => prefer({ language: language === "ko" ? "en" : "ko" })}
        >
          <IconLanguage size={16} stroke={1.6} aria-hidden />
          {language === "ko" ? "English" : "한국어"}
        </UnstyledButton>
      </Tooltip>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={u("theme")}>
            <Icon size={17} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {(["light", "dark", "auto"] as const).map((name) => {
            const One = THEMES[name];
            return (
              <Menu.Item
                key={name}
                leftSection={<One size={15} />}
                onClick={() => setColorScheme(name)}
              >
                {u(`theme.${name}`)}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={u("help.title")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={u("help.title")}
          onClick={onHelp}
          visibleFrom="sm"
        >
          <IconKeyboard size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const u = useUi();
  const rows = [
    ["Ctrl K", "help.palette"],
    ["/", "help.filter"],
    ["?", "help.help"],
    ["[ ]", "help.neighbour"],
    ["l", "help.logs"],
    ["y", "help.yaml"],
    ["e", "help.events"],
    ["Esc", "help.close"],
  ] as const;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={u("help.title")}
      size="sm"
      closeButtonProps={{ "aria-label": u("close") }}
    >
      {rows.map(([key, what]) => (
        <Group key={key} justify="space-between" py={5}>
          <Text size="sm">{u(what)}</Text>
          <Kbd size="xs">{key}</Kbd>
        </Group>
      ))}
    </Modal>
  );
}
