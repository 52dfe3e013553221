/** What a fault is aimed at: one of what the cluster has; of pods a name may be written as well. */
import { NativeSelect, TextInput } from "@mantine/core";
import { useId } from "react";

/** Every registry: what is meant where none is named. */
const EVERY = "*";

export function TargetField({
  written,
  label,
  nobody,
  placeholder = nobody,
  choices = [],
  more = [],
  value,
  wrong = false,
  onTarget,
}: {
  /** A name may be written; else it is one of the choices. */
  written: boolean;
  label: string;
  /** What no target means. */
  nobody: string;
  placeholder?: string;
  /** As the cluster names them. */
  choices?: readonly string[] | undefined;
  /** Other ways to aim, after the choices. */
  more?: readonly { readonly value: string; readonly label: string }[];
  value: string;
  wrong?: string | false;
  onTarget: (target: string) => void;
}) {
  const list = useId();
  const there = choices.filter((one) => one !== EVERY);
  if (written)
    return (
      <>
        <TextInput
          size="xs"
          label={label}
          data-do="target"
          placeholder={placeholder}
          list={list}
          value={value}
          onChange={(change) => onTarget(change.currentTarget.value)}
        />
        <datalist id={list}>
          {there.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </>
    );
  return (
    <NativeSelect
      size="xs"
      label={label}
      data-do="target"
      value={value}
      error={wrong}
      onChange={(change) => onTarget(change.currentTarget.value)}
      data={[
        { value: "", label: nobody },
        ...new Set(
          [...there, value].filter((one) => one && more.every((other) => other.value !== one)),
        ),
        ...more,
      ]}
    />
  );
}
