/** How everything is shown: demo, time zone, language, theme. */
import {
  ActionIcon,
  Group,
  Switch,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
} from "@mantine/core";
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
  return (
    <Group gap={4} wrap="nowrap">
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
          aria-label={`${u("zone")}: ${zoneLabel(zone)}`}
          onClick={() => prefer({ zone: nextZone(zone) })}
        >
          {zoneLabel(zone)}
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
      <Tooltip label={`${u("theme")}: ${u(`theme.${colorScheme}`)}`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          data-do="theme"
          aria-label={`${u("theme")}: ${u(`theme.${colorScheme}`)}`}
          onClick={() => setColorScheme(NEXT[colorScheme])}
        >
          <Icon size={17} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
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
