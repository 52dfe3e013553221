/** What keeps a tenant from being up, the first thing that is read: the finding, why, what to do. */
import { Panel } from "@ecp/ui/layout/Panel";
import { IconAlertCircle } from "@tabler/icons-react";
import classes from "./problems.module.css";
import { useT } from "./words";

/** As a start-up tells it. */
export interface Problem {
  readonly object?: string | null;
  readonly cause?: string | null;
  readonly text?: string | null;
  readonly remedy?: string | null;
}

export function Problems({
  title,
  rows,
  detail,
  calm = false,
}: {
  title: string;
  rows: readonly Problem[];
  /** Why the release stands as it does. */
  detail?: string | null;
  /** It may pass by itself. */
  calm?: boolean;
}) {
  const t = useT();
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
