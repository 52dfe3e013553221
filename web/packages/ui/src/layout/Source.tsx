/** Where a figure is from: what its first word says is a label that explains itself. */
import { useUi } from "../texts/texts";
import classes from "./layout.module.css";

const LABELS = ["domain", "assumed"] as const;

export function Source({ of }: { of: string }) {
  const u = useUi();
  const label = LABELS.find((one) => of.startsWith(`${one}: `));
  if (!label) return <>{of}</>;
  return (
    <>
      <span className={classes.label} data-tip={u(`source.${label}.say`)} tabIndex={0} role="note">
        {u(`source.${label}`)}
      </span>{" "}
      {of.slice(label.length + 2)}
    </>
  );
}
