/** The parameters of a failure as fields: each with its type, bounds, unit and default. */
import { NativeSelect, Switch, TextInput } from "@mantine/core";
import classes from "./failures.module.css";
import { unitOf, wrongWith } from "./form";
import type { Kind } from "./types";
import { useT } from "./words";

export function Fields({
  kind,
  said,
  onSay,
}: {
  kind: Kind;
  said: Readonly<Record<string, string>>;
  onSay: (name: string, text: string) => void;
}) {
  const t = useT();
  const inputs = Object.entries(kind.inputs);
  if (inputs.length === 0) return null;
  return (
    <>
      <h3 className={classes.part}>{t("bounds")}</h3>
      <div className={classes.form}>
        {inputs.map(([name, input]) => {
          const text = said[name] ?? String(input.default);
          if (input.type === "choice")
            return (
              <NativeSelect
                key={name}
                size="xs"
                label={name}
                value={text}
                onChange={(event) => onSay(name, event.currentTarget.value)}
                data={[...input.among]}
              />
            );
          if (input.type === "truth")
            return (
              <Switch
                key={name}
                size="xs"
                mt="lg"
                label={name}
                checked={text === "true"}
                onChange={(event) => onSay(name, String(event.currentTarget.checked))}
              />
            );
          const wrong = wrongWith(input, text);
          const unit = unitOf(name);
          return (
            <TextInput
              key={name}
              size="xs"
              label={unit ? `${name} (${unit})` : name}
              description={
                input.least !== null && input.most !== null
                  ? `${input.least}…${input.most}`
                  : undefined
              }
              value={text}
              error={wrong && t(`wrong.${wrong.key}`, { ...wrong })}
              onChange={(event) => onSay(name, event.currentTarget.value)}
            />
          );
        })}
      </div>
    </>
  );
}
