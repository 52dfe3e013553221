/** One setting: what it is for, its value, and what holds now and whence. */
import { useFormat } from "@ecp/ui/view/format";
import { NativeSelect, NumberInput, Switch, TextInput } from "@mantine/core";
import { FIELDS, fits, type Held, type Name, type Value } from "./fields";
import classes from "./settings.module.css";
import { useT } from "./words";

/** What is read last stands last. */
const ORDER: ("label" | "input" | "description" | "error")[] = [
  "label",
  "input",
  "error",
  "description",
];

export function Field({
  name,
  held,
  value,
  changed,
  onChange,
}: {
  name: Name;
  held: Held | undefined;
  value: Value;
  changed: boolean;
  onChange: (value: Value) => void;
}) {
  const t = useT();
  const f = useFormat();
  const field = FIELDS[name];
  const said = (one: Value | null | undefined): string =>
    typeof one === "boolean" ? t(one ? "on" : "off") : String(one ?? "") || t("empty");
  const whence = held
    ? t(`from.${held.source}`, {
        value: said(held.value),
        variable: held.variable ?? "",
        usual: said(held.default),
      })
    : "";
  const shared = {
    size: "xs",
    label: t(name),
    "data-field": name,
    description: (
      <>
        {t(`help.${name}`)}
        <span className={classes.whence} data-source={held?.source}>
          {whence}
        </span>
      </>
    ),
    className: changed ? (classes.changed ?? "") : "",
  } as const;
  if (field.kind === "switch")
    return (
      <Switch
        {...shared}
        checked={value === true}
        onChange={(change) => onChange(change.currentTarget.checked)}
      />
    );
  if (field.kind === "choice")
    return (
      <NativeSelect
        {...shared}
        inputWrapperOrder={ORDER}
        value={String(value)}
        onChange={(change) => onChange(change.currentTarget.value)}
        data={[...field.of]}
      />
    );
  if (field.kind === "number")
    return (
      <NumberInput
        {...shared}
        inputWrapperOrder={ORDER}
        value={value as number | string}
        error={
          !fits(name, value) &&
          t(field.whole ? "number.whole" : "number.bad", {
            least: f.number(field.least),
            most: f.number(field.most, 4),
          })
        }
        onChange={onChange}
        hideControls
      />
    );
  return (
    <TextInput
      {...shared}
      inputWrapperOrder={ORDER}
      value={String(value)}
      error={!fits(name, value) && t("url.bad")}
      onChange={(change) => onChange(change.currentTarget.value)}
    />
  );
}
