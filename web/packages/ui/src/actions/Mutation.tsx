/** A button that changes something: it always says how the same is done by CLI and curl. */
import { ActionIcon, Button, Code, CopyButton, Group, Tabs, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTerminal2 } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Dialog } from "../layout/over";
import { ProblemView } from "../layout/ProblemView";
import { pause } from "../live/pausing";
import { notify } from "../shell/notices";
import { useUi } from "../texts/texts";
import { isComposed } from "../view/useKeys";

export interface MutationProps {
  readonly label: string;
  /** What it does, in a word that no language changes: for tests. */
  readonly name?: string;
  /** The command of `ecp` that does the same; null: there is none. */
  readonly cli: string | null;
  /** The call that this button makes; see curl(). */
  readonly curl: string;
  /** Gets what was typed. Throws the problem that the service answered with. */
  readonly run: (typed: string) => Promise<unknown>;
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly primary?: boolean;
  readonly disabled?: boolean;
  /** What has to be typed before: the very word, for what cannot be taken back; or, for a real
   * cluster, its name, asked for by *label*, of which the service is the judge. */
  readonly confirm?: string | { readonly label: string } | undefined;
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

  const close = () => {
    ask.close();
    setError(null);
  };
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await props.run(typed);
      // What was changed has to be seen.
      pause(false);
      ask.close();
      setTyped("");
      notify(u("command.done", { label: props.label }));
    } catch (problem) {
      setError(problem);
      ask.open();
    } finally {
      setBusy(false);
    }
  };
  const color = props.danger ? "red.9" : "ink";
  const { confirm } = props;
  const enough =
    !confirm || (typeof confirm === "string" ? typed === confirm : typed.trim() !== "");
  return (
    <Group gap={0} wrap="nowrap">
      <Button
        data-do={props.name}
        variant={props.primary ? "filled" : "default"}
        {...(props.danger && !props.primary && !props.disabled ? { c: "var(--ecp-bad)" } : {})}
        color={color}
        leftSection={props.icon}
        loading={busy}
        disabled={props.disabled ?? false}
        onClick={() => (confirm ? ask.open() : void run())}
      >
        {props.label}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        data-shows={props.name ?? props.label}
        data-tip={u("command.show")}
        onClick={show.open}
        aria-label={`${props.label}: ${u("command.show")}`}
      >
        <IconTerminal2 size={16} stroke={1.6} />
      </ActionIcon>
      <Dialog
        opened={showing}
        onClose={show.close}
        title={props.label}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands cli={props.cli} curl={props.curl} />
      </Dialog>
      <Dialog
        opened={asking}
        onClose={close}
        title={props.label}
        closeButtonProps={{ "aria-label": u("close") }}
      >
        {error ? <ProblemView error={error} sent /> : null}
        {confirm && (
          <TextInput
            data-autofocus
            mt="xs"
            label={
              typeof confirm === "string" ? u("confirm.type", { word: confirm }) : confirm.label
            }
            value={typed}
            onChange={(change) => setTyped(change.currentTarget.value)}
            onKeyDown={(press) => {
              if (press.key !== "Enter" || isComposed(press.nativeEvent)) return;
              press.preventDefault();
              if (enough && !busy) void run();
            }}
          />
        )}
        <Group mt="md" justify="flex-end">
          <Button variant="default" onClick={close}>
            {u("cancel")}
          </Button>
          <Button
            data-do={props.name && `${props.name}-sure`}
            color={color}
            loading={busy}
            disabled={!enough}
            onClick={() => void run()}
          >
            {error ? u("problem.retry") : props.label}
          </Button>
        </Group>
      </Dialog>
    </Group>
  );
}

/** The same by CLI and by curl, each to be copied. */
export function Commands({ cli, curl: call }: { cli: string | null; curl: string }) {
  const u = useUi();
  return (
    <Tabs defaultValue={cli === null ? "curl" : "cli"}>
      <Tabs.List>
        {cli !== null && <Tabs.Tab value="cli">{u("command.cli")}</Tabs.Tab>}
        <Tabs.Tab value="curl">{u("command.curl")}</Tabs.Tab>
      </Tabs.List>
      {[["cli", cli ?? ""] as const, ["curl", call] as const].map(([name, line]) => (
        <Tabs.Panel key={name} value={name} pt="sm">
          <Code block tabIndex={0} data-command={name}>
            {line}
          </Code>
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
