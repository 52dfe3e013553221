/** An object in short, its conditions, its Events, and on top of all why it does not stand well. */
import { Empty } from "@ecp/ui/layout/Empty";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { IconAlertCircle, IconAlertTriangle, IconInfoCircle } from "@tabler/icons-react";
import classes from "./resources.module.css";
import { Sync } from "./Sync";
import { type Item, stateOf, type Told } from "./types";
import { useT } from "./words";

/** The cause in words and what to do about it. */
export function Why({ told }: { told: Told }) {
  const t = useT();
  if (!told.why.length) return null;
  return (
    <section className={classes.why} aria-label={t("why")} data-why>
      <h3>
        <IconAlertCircle size={16} aria-hidden />
        {t("why")}
      </h3>
      {told.why.map((cause) => (
        <p key={cause.text}>
          {cause.text}
          {cause.remedy && <strong>→ {cause.remedy}</strong>}
        </p>
      ))}
    </section>
  );
}

export function Summary({
  told,
  owner,
  onOpen,
}: {
  told: Told;
  owner: Item | undefined;
  onOpen: (id: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const rows: [string, React.ReactNode][] = [
    [t("health"), <StatusBadge key="health" state={stateOf(told)} />],
    [t("sync"), <Sync key="sync" item={told} />],
    [t("changed"), told.changed.length > 0 && <code>{told.changed.join(", ")}</code>],
    [t("ready"), told.desired !== null && `${told.ready} / ${told.desired}`],
    [t("restarts"), told.restarts !== null && f.number(told.restarts)],
    [t("node"), told.node],
    [t("namespace"), told.namespace],
    [
      t("owner"),
      owner && (
        <button type="button" className={classes.link} onClick={() => onOpen(owner.id)}>
          {owner.kind}/{owner.name}
        </button>
      ),
    ],
    [t("created"), told.created_at && f.instant(told.created_at)],
    [
      t("labels"),
      Object.keys(told.labels).length > 0 && (
        <span className={classes.labels}>
          {Object.entries(told.labels).map(([key, value]) => (
            <code key={key}>
              {key}={value}
            </code>
          ))}
        </span>
      ),
    ],
  ];
  return (
    <>
      <dl className={classes.facts}>
        {rows.map(
          ([name, value]) =>
            value !== null &&
            value !== undefined &&
            value !== false &&
            value !== "" && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {told.containers.length > 0 && (
        <>
          <h3 className={classes.head}>{t("containers")}</h3>
          <dl className={classes.facts}>
            {told.containers.map((one) => (
              <div key={one.name}>
                <dt className="mono">{one.name}</dt>
                <dd>
                  <code>{one.image}</code> {one.init && <span className="dim">{t("init")}</span>}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <Conditions told={told} />
    </>
  );
}

function Conditions({ told }: { told: Told }) {
  const t = useT();
  const f = useFormat();
  if (!told.conditions.length) return null;
  return (
    <>
      <h3 className={classes.head}>{t("conditions")}</h3>
      <div className={classes.wide} tabIndex={0} role="region" aria-label={t("conditions")}>
        <table className={classes.rows}>
          <thead>
            <tr>
              <th scope="col">{t("condition")}</th>
              <th scope="col">{t("message")}</th>
              <th scope="col">{t("since")}</th>
            </tr>
          </thead>
          <tbody>
            {told.conditions.map((one) => (
              <tr key={one.type}>
                <td>
                  <code>
                    {one.type}={one.status}
                  </code>
                </td>
                <td>
                  {one.reason && <b>{one.reason}</b>} {one.message}
                </td>
                <td className="dim">{f.instant(one.since)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Events({ told }: { told: Told }) {
  const t = useT();
  const f = useFormat();
  if (!told.events.length) return <Empty say={t("events.none")} />;
  return (
    <ol className={classes.events}>
      {told.events.map((event) => {
        const bad = event.type !== "Normal";
        const Icon = bad ? IconAlertTriangle : IconInfoCircle;
        return (
          <li key={`${event.at} ${event.reason} ${event.message}`} data-bad={bad || undefined}>
            <Icon size={16} role="img" aria-label={event.type} className={classes.sign} />
            <div>
              <b>{event.reason}</b> {event.message}
              <small>
                {f.instant(event.at)}
                {event.count > 1 && ` · ${t("events.times", { count: event.count })}`}
                {event.source && ` · ${event.source}`}
              </small>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
