/** What is told of an object: its YAML, its Events. */
import { Answer } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { Button, CopyButton } from "@mantine/core";
import { useObject, useText } from "./asking";
import classes from "./objects.module.css";
import { useT } from "./words";

export function Yaml({ cluster, path }: { cluster: string; path: string }) {
  const u = useUi();
  const t = useT();
  const ask = useText(cluster, path, "application/yaml");
  return (
    <Answer ask={ask} rows={10}>
      {(text) => (
        <>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? u("copied") : u("copy")}
              </Button>
            )}
          </CopyButton>
          <div className={classes.text} role="region" tabIndex={0} aria-label={t("yaml")}>
            {text}
          </div>
        </>
      )}
    </Answer>
  );
}

interface EventObject {
  readonly metadata: { readonly name: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly eventTime?: string | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
}

const lastOf = (event: EventObject) =>
  event.series?.lastObservedTime ??
  event.lastTimestamp ??
  event.eventTime ??
  event.firstTimestamp ??
  "";

/** The Events about an object, the newest first. */
export function useEvents(cluster: string, kind: string, name: string, namespace?: string) {
  const where = namespace ? `/api/v1/namespaces/${namespace}/events` : "/api/v1/events";
  const fields = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  return useObject<{ items: readonly EventObject[] }>(
    cluster,
    `${where}?fieldSelector=${encodeURIComponent(fields)}&limit=200`,
  );
}

export function EventList({ of, none }: { of: readonly EventObject[]; none: string }) {
  const t = useT();
  const f = useFormat();
  const ordered = [...of].sort((a, b) => (lastOf(a) < lastOf(b) ? 1 : -1));
  if (!ordered.length) return <p className="dim">{none}</p>;
  return (
    <ul className={`${classes.list} ${classes.events}`}>
      {ordered.map((event) => (
        <li key={event.metadata.name}>
          <span className="dim">{f.instant(lastOf(event))}</span>
          <span>
            <StatusBadge
              state={event.type === "Warning" ? "at_risk" : "ready"}
              word={event.reason ?? "–"}
            />{" "}
            {(event.series?.count ?? event.count ?? 1) > 1 && (
              <span className="dim">
                {t("event.count", { count: f.number(event.series?.count ?? event.count) })}
              </span>
            )}
          </span>
          <span>{event.message}</span>
        </li>
      ))}
    </ul>
  );
}

export function Events(of: { cluster: string; kind: string; name: string; namespace?: string }) {
  const t = useT();
  const ask = useEvents(of.cluster, of.kind, of.name, of.namespace);
  return (
    <Answer ask={ask}>{(found) => <EventList of={found.items} none={t("events.none")} />}</Answer>
  );
}
