/** Ctrl-K: pages, what the service finds (tenants), commands, where one was last. Loaded when it is first opened. */
import "@mantine/spotlight/styles.css";
import { Kbd, useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import { IconCommand, IconExternalLink, IconHistory, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { has } from "../texts/hangul";
import { useUi } from "../texts/texts";
import { zoneLabel } from "../time/zones";
import { nextZone, prefer, usePreferences } from "../view/preferences";
import type { App } from "./create";
import { store } from "./palette";
import { recent } from "./recent";

/** Go back to the first row: what the service found has come in above the one that was chosen. */
function chooseFirst(): void {
  const list = document.getElementById(store.getState().listId);
  const rows = list?.querySelectorAll("[data-action]") ?? [];
  for (const [index, row] of [...rows].entries()) row.toggleAttribute("data-selected", index === 0);
  store.updateState((state) => ({ ...state, selected: rows.length ? 0 : -1 }));
}

export default function Palette<K extends string>({ app }: { app: App<K> }) {
  const t = app.useT();
  const u = useUi();
  const navigate = useNavigate();
  const { language, zone, demo } = usePreferences();
  const { setColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState("");
  const [asked] = useDebouncedValue(query.trim(), 200);
  const { find } = app;
  const found = useQuery({
    queryKey: ["palette", app.name, asked, demo],
    queryFn: () => (find ? find(asked) : []),
    enabled: !!find && asked !== "",
    staleTime: 10_000,
  });

  const elsewhere = app.useElsewhere?.() ?? null;
  const go = (to: string) => () => void navigate({ to });
  const pages: SpotlightActionData[] = app.pages
    .filter((page) => !page.path.includes("$"))
    .map((page) => {
      const Icon = page.icon ?? IconCommand;
      return {
        id: page.path,
        label: t(page.title),
        leftSection: <Icon size={18} stroke={1.6} />,
        ...(page.key ? { rightSection: <Kbd size="xs">{`g ${page.key}`}</Kbd> } : {}),
        onClick: go(page.path),
      };
    });
  if (elsewhere)
    pages.push({
      id: "elsewhere",
      label: elsewhere.name,
      leftSection: <IconExternalLink size={18} stroke={1.6} />,
      onClick: () => location.assign(elsewhere.to),
    });
  const command = (id: string, label: string, onClick: () => void): SpotlightActionData => ({
    id,
    label,
    leftSection: <IconCommand size={18} stroke={1.6} />,
    onClick,
  });
  const commands = [
    ...(["light", "dark", "auto"] as const).map((name) =>
      command(`theme ${name}`, `${u("theme")}: ${u(`theme.${name}`)}`, () => setColorScheme(name)),
    ),
    command("language", language === "ko" ? "Language: English" : "언어: 한국어", () =>
      prefer({ language: language === "ko" ? "en" : "ko" }),
    ),
    command("zone", `${u("zone")}: ${zoneLabel(nextZone(zone))}`, () =>
      prefer({ zone: nextZone(zone) }),
    ),
    ...(app.demo
      ? [command("demo", u(demo ? "demo.off" : "demo.on"), () => prefer({ demo: !demo }))]
      : []),
  ];
  const fits = (rows: readonly SpotlightActionData[]) =>
    rows.filter((row) => has(`${row.label} ${row.id}`, query));
  const groups: [string, readonly SpotlightActionData[]][] = query.trim()
    ? [
        [u("palette.pages"), fits(pages)],
        [
          u("palette.found"),
          (found.data ?? []).map((one) => ({
            id: `found ${one.to}`,
            label: one.name,
            ...(one.note ? { description: one.note } : {}),
            leftSection: <IconUser size={18} stroke={1.6} />,
            onClick: go(one.to),
          })),
        ],
        [u("palette.settings"), fits(commands)],
      ]
    : [
        [
          u("palette.recent"),
          recent(app.name).map((visit) => ({
            id: `recent ${visit.to}`,
            label: visit.name,
            leftSection: <IconHistory size={18} stroke={1.6} />,
            onClick: go(visit.to),
          })),
        ],
        [u("palette.pages"), pages],
        [u("palette.settings"), commands],
      ];
  const actions: SpotlightActionGroupData[] = groups
    .filter(([, rows]) => rows.length)
    .map(([group, rows]) => ({ group, actions: [...rows] }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever something has come in
  useEffect(() => {
    if (query.trim()) chooseFirst();
  }, [found.data]);
  return (
    <Spotlight
      store={store}
      attributes={{ content: { "aria-label": u("help.palette") } }}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      filter={(_, given) => given}
      actions={actions}
      nothingFound={u(
        found.isFetching || asked !== query.trim() ? "palette.asking" : "palette.nothing",
      )}
      scrollable
      maxHeight="60vh"
      searchProps={{
        leftSection: null,
        placeholder: u("palette.placeholder"),
        "aria-label": u("help.palette"),
      }}
    />
  );
}
