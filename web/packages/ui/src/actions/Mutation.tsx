/** A button that changes something: it always says how the same is done by CLI and curl. */
import {
  ActionIcon,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  Tabs,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconTerminal2 } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { ProblemView } from "../layout/ProblemView";
import { useUi } from "../texts/texts";

export interface MutationProps {
  readonly label: string;
  /** The command of `ecp` that does the same. */
  readonly cli: string;
  /** The call that this button makes; see curl(). */
  readonly curl: string;
  /** Throws the problem that the service answered with. */
  readonly run: () => Promise<unknown>;
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  /** What has to be typed before: always for a real cluster, and for what cannot be taken back. */
  readonly confirm?: string;
}

/** Return the call as it is typed in a shell; *origin* defaults to this page's. */
export function curl(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  origin = location.origin,
): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", "-X", method, quoted(origin + path)];
  for (const [name, value] of Object.entries(headers))
    parts.push("-H", quoted(`${name}: ${value}`));
  if (body !== undefined)
    parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(JSON.stringify(body)));
  return parts.join(" ");
}

export function Mutation(props: MutationProps) {
  const u = useUi();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [typed, setTyped] = useState("");
  const [asking, ask] = useDisclosure();
  const [showing, show] = useDisclosure();

  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await props.run();
      ask.close();
      notifications.show({ message: u("command.done", { label: props.label }), color: "teal" });
    } catch (problem) {
      setError(problem);
      ask.open();
    } finally {
      setBusy(false);
    }
  };
  const color = props.danger ? "red" : "ink";
  return (
    <Group gap={0} wrap="nowrap">
      <Button
        variant={props.primary || props.danger ? "filled" : "default"}
        color={color}
        leftSection={props.icon}
        loading={busy}
        disabled={props.disabled ?? false}
        onClick={() => (props.confirm ? ask.open() : void run())}
      >
        {props.label}
      </Button>
      <Tooltip label={u("command.show")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={30}
          onClick={show.open}
          aria-label={`${props.label}: ${u("command.show")}`}
        >
          <IconTerminal2 size={16} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={showing}
        onClose={show.close}
        title={props.label}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands cli={props.cli} curl={props.curl} />
      </Modal>
      <Modal
        opened={asking}
        onClose={ask.close}
        title={props.label}
        closeButtonProps={{ "aria-label": u("close") }}
      >
        {error ? <ProblemView error={error} /> : null}
        {props.confirm && (
          <TextInput
            data-autofocus
            mt="xs"
            label={u("confirm.type", { word: props.confirm })}
            value={typed}
            onChange={(change) => setTyped(change.currentTarget.value)}
          />
        )}
        <Group mt="md" justify="flex-end">
          <Button variant="default" onClick={ask.close}>
            {u("cancel")}
          </Button>
          <Button
            color={color}
            loading={busy}
            disabled={Boolean(props.confirm) && typed !== props.confirm}
            onClick={() => void run()}
          >
            {error ? u("problem.retry") : props.label}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}

/** The same by CLI and by curl, each to be copied. */
export function Commands({ cli, curl: call }: { cli: string; curl: string }) {
  const u = useUi();
  return (
    <Tabs defaultValue="cli">
      <Tabs.List>
        <Tabs.Tab value="cli">{u("command.cli")}</Tabs.Tab>
        <Tabs.Tab value="curl">{u("command.curl")}</Tabs.Tab>
      </Tabs.List>
      {[["cli", cli] as const, ["curl", call] as const].map(([name, line]) => (
        <Tabs.Panel key={name} value={name} pt="sm">
          <Code block>{line}</Code>
          <CopyButton value={line}>
            {({ copied, copy }) => (
              <Button mt="xs" variant="default" onClick={copy}>
                {copied ? u("copied") : u("copy")}
              </Button>
            )}
          </CopyButton>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
