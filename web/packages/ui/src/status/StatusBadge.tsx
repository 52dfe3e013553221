import { useUi } from "../texts/texts";
import { STATES, stateOf } from "./states";
import classes from "./status.module.css";

/** A state as icon and word, never by colour alone. *word* replaces the state's own. */
export function StatusBadge({ state, word }: { state: string | null | undefined; word?: string }) {
  const t = useUi();
  const name = stateOf(state);
  const { icon: Icon, color } = STATES[name];
  return (
    <span className={classes.badge} data-color={color}>
      <Icon size={14} stroke={2} aria-hidden />
      {word ?? t(`state.${name}`)}
    </span>
  );
}
