/** How everything is shown: demo, time zone, language, theme. */
import { ActionIcon, Group, Switch, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLanguage,
  IconMoon,
  IconSun,
} from "@tabler/icons-react";
import { useUi } from "../texts/texts";
import { zoneLabel } from "../time/zones";
import { nextZone, prefer, usePreferences } from "../view/preferences";
import classes from "./shell.module.css";

const NEXT = { light: "dark", dark: "auto", auto: "light" } as const;
const THEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

export function Display({ demo: offered, onHelp }: { demo: boolean; onHelp: () => void }) {
  const u = useUi();
  const { language, zone, demo } = usePreferences();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = THEMES[colorScheme];
  const shown = `${u("theme")}: ${u(`theme.${colorScheme}`)}`;
  return (
    <Group gap={4} wrap="nowrap">
      {offered && (
        <span data-tip={u(demo ? "demo.off" : "demo.on")}>
          <Switch
            size="xs"
            label={u("demo")}
            checked={demo}
            onChange={(change) => prefer({ demo: change.currentTarget.checked })}
            mr="xs"
          />
        </span>
      )}
      <UnstyledButton
        className={classes.choice}
        data-tip={u("zone")}
        aria-label={`${u("zone")}: ${zoneLabel(zone)}`}
        onClick={() => prefer({ zone: nextZone(zone) })}
      >
        {zoneLabel(zone)}
      </UnstyledButton>
      <UnstyledButton
        className={classes.choice}
        data-tip={u("language")}
        lang={language === "ko" ? "en" : "ko"}
        onClick={() => prefer({ language: language === "ko" ? "en" : "ko" })}
      >
        <IconLanguage size={16} stroke={1.6} aria-hidden />
        {language === "ko" ? "English" : "한국어"}
      </UnstyledButton>
      <ActionIcon
        variant="subtle"
        color="gray"
        data-do="theme"
        data-tip={shown}
        aria-label={shown}
        onClick={() => setColorScheme(NEXT[colorScheme])}
      >
        <Icon size={17} stroke={1.6} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        data-tip={u("help.title")}
        aria-label={u("help.title")}
        onClick={onHelp}
        visibleFrom="sm"
      >
        <IconKeyboard size={18} stroke={1.6} />
      </ActionIcon>
    </Group>
  );
}
