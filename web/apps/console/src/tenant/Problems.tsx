/** What keeps a tenant from being up, the first thing that is read: the finding, why, what to do. */
import { Panel } from "@ecp/ui/layout/Panel";
import { usePreferences } from "@ecp/ui/view/preferences";
import { IconAlertCircle, IconExternalLink } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTarget } from "../target";
import { inSimulator, type Problem } from "./leads";
import classes from "./problems.module.css";
import { useT } from "./words";

export function Problems({
  title,
  tenant,
  digest,
  rows,
  detail,
  calm = false,
  past = false,
}: {
  title: string;
  tenant: string;
  /** Of the manifest that these are the problems of; without: the newest. */
  digest?: string | null | undefined;
  rows: readonly Problem[];
  /** Why the release stands as it does. */
  detail?: string | null;
  /** It may pass by itself. */
  calm?: boolean;
  /** They were those of a release that is no longer on the cluster: nothing of them is there. */
  past?: boolean;
}) {
  const t = useT();
  const { simulator } = useTarget();
  const { demo } = usePreferences();
  const lead = (one: Problem) => (past ? null : inSimulator(one, simulator, demo));
  if (rows.length === 0 && !detail) return null;
  return (
    <div className={classes.pinned} data-calm={calm || undefined} data-problems>
      <Panel title={title}>
        {detail && <p className={classes.detail}>{detail}</p>}
        <ol className={classes.list}>
          {rows.map((one) => (
            <li key={`${one.object} ${one.cause} ${one.text}`}>
              <IconAlertCircle size={16} aria-hidden />
              <dl>
                <div>
                  <dt>{t("chain.finding")}</dt>
                  <dd>
                    <span className="mono">{one.object}</span>
                    {one.cause && <code className="dim">{one.cause}</code>}
                    {lead(one) && (
                      <a href={lead(one) ?? ""} data-why>
                        {one.pod ? t("lead.pod", { pod: one.pod }) : t("lead.workload")}{" "}
                        <IconExternalLink size={13} className={classes.out} aria-hidden />
                      </a>
                    )}
                  </dd>
                </div>
                {one.text && (
                  <div>
                    <dt>{t("chain.cause")}</dt>
                    <dd>{one.text}</dd>
                  </div>
                )}
                {one.remedy && (
                  <div>
                    <dt>{t("chain.remedy")}</dt>
                    <dd>
                      <strong>{one.remedy}</strong>
                      {one.at && tenant && (
                        <Link
                          to="/tenants/$tenant/manifest"
                          params={{ tenant } as never}
                          search={
                            {
                              ...(digest ? { version: digest } : {}),
                              at: `${one.at.object}:${one.at.field}`,
                            } as never
                          }
                          data-at
                        >
                          {t("lead.line", { field: short(one.at.field) || one.at.object })}
                        </Link>
                      )}
                    </dd>
                  </div>
                )}
              </dl>
            </li>
          ))}
        </ol>
      </Panel>
    </div>
  );
}

/** Return the end of a field, which says it: the rest is where every pod's template is. */
const short = (field: string) => field.replace(/^spec\.(?:.*\.)?template\.spec\./, "");
