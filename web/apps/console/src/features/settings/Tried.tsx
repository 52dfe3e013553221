/** What a test of the connections asked, step by step, and what it heard. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { FIELDS, type Name } from "./fields";
import classes from "./settings.module.css";
import { useT } from "./words";

export interface Attempt {
  readonly setting: string;
  readonly asked: string;
  readonly ok: boolean;
  readonly answered_by?: string | null;
  readonly status?: number | null;
  readonly milliseconds?: number | null;
  readonly message: string;
  readonly remedy?: string | null;
}

export function Tried({ tried }: { tried: readonly Attempt[] | null }) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel title={t("connections")}>
      {tried === null ? (
        <Empty say={t("connections.none")} />
      ) : (
        <ul className={classes.tried} data-tried>
          {tried.map((one) => (
            <li key={one.setting}>
              <StatusBadge state={one.ok ? "up" : "unreachable"} />
              <b>{one.setting in FIELDS ? t(one.setting as Name) : one.setting}</b>
              <div>
                <ol className={classes.steps}>
                  <li>
                    {t("asked")} <code>{one.asked}</code>
                  </li>
                  <li>
                    {one.status ? t("status", { status: one.status }) : t("nobody")}
                    {one.milliseconds ? ` · ${f.number(one.milliseconds, 1)} ms` : ""}
                  </li>
                  {one.answered_by && <li>{t("answered", { who: one.answered_by })}</li>}
                </ol>
                {!one.ok && (
                  <>
                    <div>{one.message}</div>
                    {one.remedy && <div>→ {one.remedy}</div>}
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
