/** Where a list is filtered. What is typed stands at once; the address follows when a hand rests, so
 * that an IME that composes is never written over. */
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useUi } from "../texts/texts";
import { isComposed } from "../view/useKeys";

const RESTS_MS = 120;
/** No service takes longer words. */
export const MOST = 200;

export function FilterBox({
  value,
  onChange,
  onLeave,
}: {
  value: string;
  onChange: (value: string) => void;
  /** Go on to what is filtered: by Escape where nothing is typed. */
  onLeave?: () => void;
}) {
  const u = useUi();
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = typed;
      change.current(typed);
    }, RESTS_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextInput
      size="xs"
      w={240}
      data-filter
      maxLength={MOST}
      aria-label={u("filter")}
      placeholder={`${u("filter")}  /`}
      leftSection={<IconSearch size={14} />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(press) => {
        if (press.key !== "Escape" || isComposed(press.nativeEvent)) return;
        press.stopPropagation();
        if (typed) setTyped("");
        else if (onLeave) onLeave();
        else press.currentTarget.blur();
      }}
    />
  );
}
