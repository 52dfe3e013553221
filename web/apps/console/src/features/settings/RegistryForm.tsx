/** Keep a registry, or change one: what is left out of a change is gone, but for its password. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Button, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import classes from "./settings.module.css";
import { useT } from "./words";

export const BLANK = {
  name: "",
  host: "",
  prefix: "",
  rewrites: "",
  username: "",
  password: "",
};
export const INPUTS = [
  ["name", "registry.name", "inner"],
  ["host", "registry.host", "harbor.example:5000"],
  ["prefix", "registry.prefix", "mirror/ecp"],
  ["rewrites", "registry.rewrites", "harbor.ecp-ai.com"],
  ["username", "registry.user", ""],
] as const;
const FLAGS = ["host", "prefix", "rewrites", "username"] as const;
export type Registry = typeof BLANK;

export function RegistryForm({
  rows,
  held,
  onHeld,
  onDone,
}: {
  /** Those that are kept. */
  rows: readonly Registry[];
  held: Registry;
  onHeld: (held: Registry) => void;
  onDone: () => void;
}) {
  const t = useT();
  const given = useGiven();
  const [forget, setForget] = useState(false);
  const name = held.name.trim();
  const before = rows.find((one) => one.name === name);
  const drops = forget && !!before?.password;
  const body: Record<string, string> = Object.fromEntries(
    FLAGS.filter((flag) => held[flag].trim()).map((flag) => [flag, held[flag].trim()]),
  );
  // Without a password a registry keeps the one that it has.
  if (held.password || drops) body.password = drops ? "" : held.password;
  const flags = FLAGS.filter((flag) => body[flag]).map(
    (flag) => ` --${flag} ${quoted(body[flag] ?? "")}`,
  );
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  // A shell keeps what is typed: the secret does not go into the command.
  const word = body.password && !body.password.startsWith("env:") ? "env:NAME" : body.password;
  const shown = word === undefined ? body : { ...body, password: word };
  return (
    <div className={classes.form} data-form="registry">
      {INPUTS.map(([input, key, sample]) => (
        <TextInput
          key={input}
          size="xs"
          label={t(key)}
          placeholder={sample}
          data-field={input}
          value={held[input]}
          onChange={(change) => onHeld({ ...held, [input]: change.currentTarget.value })}
        />
      ))}
      <TextInput
        size="xs"
        type="password"
        autoComplete="new-password"
        label={t("registry.password")}
        data-field="password"
        disabled={drops}
        placeholder={before?.password ? t("registry.password.stays") : ""}
        value={held.password}
        onChange={(change) => onHeld({ ...held, password: change.currentTarget.value })}
      />
      {before?.password && (
        <Switch
          size="xs"
          mb={7}
          label={t("registry.password.forget")}
          checked={forget}
          onChange={(change) => setForget(change.currentTarget.checked)}
        />
      )}
      <Mutation
        label={t(before ? "registry.change" : "registry.add")}
        name="keep-registry"
        disabled={name === "" || !body.host}
        cli={`ecp images set-registry ${quoted(name)}${flags.join("")}${word === undefined ? "" : ` --password ${quoted(word)}`}${demo}`}
        curl={curl(
          "PUT",
          `/api/v1/images/registries/${encodeURIComponent(name)}`,
          shown,
          headersOf(given),
        )}
        run={async () => {
          const { error } = await atOrchestrator.PUT("/api/v1/images/registries/{name}", {
            params: { path: { name } },
            body: body as never,
          });
          if (error) throw error;
          setForget(false);
          onDone();
        }}
      />
      {held !== BLANK && (
        <Button variant="subtle" color="ink" onClick={() => onHeld(BLANK)}>
          {t("registry.cancel")}
        </Button>
      )}
      <p className={classes.note}>{t("registry.password.say")}</p>
    </div>
  );
}
