/** Two texts of a manifest beside each other; equal parts are folded. Loaded when it is needed. */
import { useFormat } from "@ecp/ui/view/format";
import { lazy, Suspense } from "react";
import classes from "./editor.module.css";
import { useT } from "./words";

export interface DiffProps {
  readonly before: string;
  readonly after: string;
  readonly labels: readonly [string, string];
}
const Merge = lazy(() => import("./Merge"));

export function Diff(props: DiffProps) {
  const t = useT();
  const { language } = useFormat();
  const [before, after] = props.labels;
  return (
    <>
      <div className={classes.sides}>
        <span>{before}</span>
        <span>{after}</span>
      </div>
      {props.before === props.after ? (
        <p className={classes.same}>{t("diff.none")}</p>
      ) : (
        <div className={classes.diff}>
          <Suspense fallback={<div aria-busy className={classes.same} />}>
            <Merge {...props} language={language} />
          </Suspense>
        </div>
      )}
    </>
  );
}
