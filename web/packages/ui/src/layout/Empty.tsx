import type { ReactNode } from "react";
import classes from "./layout.module.css";

/** Nothing is there: one sentence, one action, a sample of what would be. */
export function Empty({
  say,
  action,
  sample,
}: {
  say: string;
  action?: ReactNode;
  sample?: string;
}) {
  return (
    <div className={classes.empty}>
      <p>{say}</p>
      {action}
      {sample && <code className="mono">{sample}</code>}
    </div>
  );
}
