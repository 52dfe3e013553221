/** Who is told of what: each route with what it was told last, and why that did not arrive. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { IconPencil, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { type Delivery, lastOf, type Route, severityOf } from "./alerts";
import classes from "./alerts.module.css";
import { DeliveryLine } from "./DeliveryLine";
import { RouteForm } from "./RouteForm";
import { RuleName } from "./RuleName";
import { useT } from "./words";

const LAST = 3;
/** route: the one that is edited; −1: a new one. */
const VIEW = { route: 0 };

export function Routes() {
  const t = useT();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const asked = hooks.useQuery("get", "/api/v1/alerts/routes", given, {
    refetchInterval: EVERY_MS * 2,
  });
  const told = hooks.useQuery(
    "get",
    "/api/v1/alerts/deliveries",
    { ...given, params: { query: { limit: 200 } } },
    { refetchInterval: EVERY_MS },
  );
  const last = lastOf((told.data?.deliveries ?? []) as unknown as readonly Delivery[], LAST);
  const refresh = async () => {
    await Promise.all([asked.refetch(), told.refetch()]);
  };
  const add = (
    <Button
      data-do="add-route"
      leftSection={<IconPlus size={15} />}
      onClick={() => setView({ route: -1 })}
    >
      {t("route.add")}
    </Button>
  );
  return (
    <AskedPanel title={t("routes")} ask={asked} aside={add}>
      {(data) => {
        const routes = (data.routes ?? []) as unknown as readonly Route[];
        const open = routes.find((one) => one.id === view.route);
        return (
          <>
            <p className={classes.say}>{t("routes.say")}</p>
            {view.route !== 0 && (
              <RouteForm
                key={view.route}
                {...(open ? { route: open } : {})}
                onDone={async () => {
                  await refresh();
                  setView({ route: 0 });
                }}
                onCancel={() => setView({ route: 0 })}
              />
            )}
            {routes.length === 0 && view.route === 0 && (
              <Empty
                say={t("routes.none")}
                sample="ecp alerts add-route on-call --kind webhook --target https://hooks.example.com/ecp"
              />
            )}
            <ul className={classes.routes}>
              {routes.map((route) => (
                <li key={route.id}>
                  <Line
                    route={route}
                    told={last.get(route.id) ?? []}
                    onEdit={() => setView({ route: route.id })}
                    onChange={refresh}
                  />
                </li>
              ))}
            </ul>
          </>
        );
      }}
    </AskedPanel>
  );
}

function Line({
  route,
  told,
  onEdit,
  onChange,
}: {
  route: Route;
  told: readonly Delivery[];
  onEdit: () => void;
  onChange: () => Promise<void>;
}) {
  const t = useT();
  const given = useGiven();
  const [answer, setAnswer] = useState<string | null>(null);
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const path = `/api/v1/alerts/routes/${route.id}`;
  const params = { params: { path: { route_id: route.id } } };
  return (
    <>
      <div className={classes.routeHead}>
        <b>{route.name}</b>
        <span className="dim">{route.kind}</span>
        <code>{route.target}</code>
        {!route.enabled && <em>{t("route.off")}</em>}
        <span className={classes.buttons}>
          <Mutation
            label={t("route.test")}
            name="test-route"
            cli={`ecp alerts test ${route.id}${demo}`}
            curl={curl("POST", `${path}/test`, undefined, headersOf(given))}
            run={async () => {
              setAnswer(null);
              const { data, error } = await atOrchestrator.POST(
                "/api/v1/alerts/routes/{route_id}/test",
                params,
              );
              await onChange();
              if (error) throw error;
              setAnswer(String((data as { answer?: string }).answer ?? ""));
            }}
          />
          <Button
            variant="default"
            leftSection={<IconPencil size={14} />}
            onClick={onEdit}
            aria-label={`${t("route.edit")}: ${route.name}`}
          >
            {t("route.edit")}
          </Button>
          <Mutation
            label={t("route.delete")}
            name="delete-route"
            danger
            confirm={route.name}
            cli={`ecp alerts remove-route ${route.id}${demo}`}
            curl={curl("DELETE", path, undefined, headersOf(given))}
            run={async () => {
              const { error } = await atOrchestrator.DELETE(
                "/api/v1/alerts/routes/{route_id}",
                params,
              );
              if (error) throw error;
              await onChange();
            }}
          />
        </span>
      </div>
      <div className="dim">
        {route.tenant_id || t("route.of.all")} ·{" "}
        {route.rule ? <RuleName rule={route.rule} /> : t("route.rule.all")} · {t("route.from")}:{" "}
        {t(`severity.${severityOf(route.severity)}`)}
      </div>
      {answer !== null && (
        <div role="status" data-tested>
          {t("route.tested", { answer })}
        </div>
      )}
      <div className={classes.last}>
        <span className="dim">{t("route.last")}</span>
        {told.length ? (
          <ul className={classes.timeline}>
            {told.map((one) => (
              <DeliveryLine key={one.id} delivery={{ ...one, route: null }} />
            ))}
          </ul>
        ) : (
          <span className="dim">{t("route.last.none")}</span>
        )}
      </div>
    </>
  );
}
