import { CloseButton } from "@mantine/core";
import { IconAlertCircle, IconCircleCheck } from "@tabler/icons-react";
import { useUi } from "../texts/texts";
import { dismiss, useNotices } from "./notices";
import classes from "./shell.module.css";

/** The notices, at the lower right. The region is there before its first words: only so are they read. */
export function Notices() {
  const u = useUi();
  return (
    <div className={classes.notices} role="status">
      {useNotices().map(({ id, message, bad }) => (
        <div key={id} className={classes.notice} data-bad={bad || undefined}>
          {bad ? (
            <IconAlertCircle size={16} className={classes.tone} aria-hidden />
          ) : (
            <IconCircleCheck size={16} className={classes.tone} aria-hidden />
          )}
          <span className={classes.says}>{message}</span>
          <CloseButton size="sm" aria-label={u("close")} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
