/** A rule by its title in the reader's language, its id small beside it. */
import { hooks, useGiven } from "../../ask";
import { titleOf } from "./alerts";
import classes from "./alerts.module.css";
import { useT } from "./words";

/** *subject*: the name of a rule of a tenant's own, of which the id says only that it is one. */
export function RuleName({ rule, subject = "" }: { rule: string; subject?: string }) {
  const rules = hooks.useQuery("get", "/api/v1/alerts/rules", useGiven(), { staleTime: 60_000 });
  const t = useT();
  const title = titleOf(
    rule,
    subject || (rule === "custom" ? t("own") : ""),
    rules.data?.rules ?? [],
  );
  return (
    <>
      {title !== rule && <span>{title} </span>}
      <code className={classes.id}>{rule}</code>
    </>
  );
}
