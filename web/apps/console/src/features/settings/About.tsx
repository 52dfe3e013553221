/** This installation: versions, health, where its documents are. */
import { AskedPanel, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import { useTarget } from "../../target";
import classes from "./settings.module.css";
import { useT } from "./words";

/** Whose tenants: each has a database of its own. */
type Mode = "production" | "demo";

interface Health {
  readonly version?: string;
  readonly simulator?: {
    readonly url?: string;
    readonly status?: string;
    readonly version?: string;
  };
  readonly stores?: Readonly<Partial<Record<Mode, string>>>;
}

export function About() {
  const t = useT();
  const given = useGiven();
  const { real } = useTarget();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/simulator/status",
    { ...given, params: { query: { limit: 1 } } },
    { refetchInterval: EVERY_MS },
  );
  return (
    <>
      <AskedPanel title={t("about")} ask={asked}>
        {(data) => {
          const { version = "", simulator, stores = {} } = data as unknown as Health;
          const rows = [
            [t("about.orchestrator"), "healthy", t("about.version", { version })],
            [
              t(real ? "about.cluster" : "about.simulator"),
              simulator?.status,
              `${simulator?.version ? t("about.version", { version: simulator.version }) : ""} ${simulator?.url ?? ""}`,
            ],
            ...(Object.entries(stores) as [Mode, string][]).map(
              ([mode, state]) =>
                [t(`about.store.${mode}`), state, t(`about.store.${mode}.say`)] as const,
            ),
          ] as const;
          return (
            <ul className={classes.tried}>
              {rows.map(([name, state, note]) => (
                <li key={name}>
                  <StatusBadge state={state} />
                  <b>{name}</b>
                  <span className="dim">{note}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </AskedPanel>
      <Panel title={t("about.documents")}>
        <ul className={classes.links}>
          <li>
            <a href="/docs">{t("about.docs")}</a>
          </li>
          <li>
            <a href="/openapi.json">{t("about.openapi")}</a>
          </li>
          <li>
            <a href="/metrics">{t("about.metrics")}</a>
          </li>
          {!real && asked.data?.simulator?.url && (
            <li>
              <a href={`${asked.data.simulator.url}/docs`}>{t("about.simulator-docs")}</a>
            </li>
          )}
        </ul>
      </Panel>
    </>
  );
}
