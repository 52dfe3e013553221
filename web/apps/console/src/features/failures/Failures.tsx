/** What can go wrong, what goes wrong now, what went wrong: the catalogue, what runs, the history. */
import { Detail } from "@ecp/ui/detail/Detail";
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { Answer } from "@ecp/ui/layout/Panel";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, SegmentedControl } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTarget } from "../../target";
import { About, Catalogue } from "./Catalogue";
import classes from "./failures.module.css";
import { History } from "./History";
import { Repeating } from "./Repeating";
import { EndAll, Running } from "./Running";
import { Trigger } from "./Trigger";
import { useDeployed, useFailures, useKinds } from "./useFailures";
import { useT } from "./words";

const VIEW = { part: "catalogue", find: "", class: "", kind: "", tenant: "" };
const DRAWERS = ["kind"];
const PARTS = ["catalogue", "history"] as const;

export default function Failures() {
  const t = useT();
  const f = useFormat();
  const navigate = useNavigate();
  const target = useTarget();
  const all = useFailures("under_way");
  const catalogue = useKinds();
  const { tenants, known } = useDeployed();
  const [view, setView] = useView(VIEW, DRAWERS);
  const kind = catalogue.kinds.find((one) => one.name === view.kind);
  const running = all.failures;
  const tenant = tenants.includes(view.tenant) ? view.tenant : (tenants[0] ?? "");
  if (target.real)
    return (
      <section className={classes.real}>
        <h1>{t("title")}</h1>
        <h2>{t("real.title")}</h2>
        <p>{t("real.say", { name: target.name || "kubeconfig" })}</p>
        <Button component={Link} to="/rehearsals/new" variant="default">
          {t("real.action")}
        </Button>
      </section>
    );
  return (
    <Page
      title={t("title")}
      badge={<LiveBadge live={liveOf(all)} />}
      actions={running.length > 0 && <EndAll onDone={all.refetch} />}
      ask={all}
    >
      {() => (
        <>
          {running.length > 0 && <Running failures={running} now={all.now} onDone={all.refetch} />}
          {all.repeating.length > 0 && <Repeating rows={all.repeating} onDone={all.refetch} />}
          <SegmentedControl
            size="xs"
            mb="sm"
            aria-label={t("parts")}
            value={view.part === "history" ? "history" : "catalogue"}
            onChange={(part) => setView({ part })}
            data={PARTS.map((value) => ({ value, label: t(value) }))}
          />
          {view.part === "history" ? (
            <History onChoose={() => setView({ part: "catalogue" })} />
          ) : (
            <Answer ask={catalogue} rows={8}>
              {() => (
                <Catalogue
                  kinds={catalogue.kinds}
                  find={view.find}
                  only={view.class}
                  onFind={(find) => setView({ find })}
                  onOnly={(only) => setView({ class: only })}
                  onOpen={(name) => setView({ kind: name })}
                />
              )}
            </Answer>
          )}
          <Detail
            title={kind?.title[f.language] ?? ""}
            opened={kind !== undefined}
            onClose={() => setView({ kind: "" })}
            tabs={[
              {
                id: "try",
                name: t("try"),
                show: () =>
                  kind &&
                  known &&
                  (tenants.length === 0 ? (
                    <Empty
                      say={t("tenant.none")}
                      action={
                        <Button component={Link} to="/tenants" variant="default">
                          {t("tenant.deploy")}
                        </Button>
                      }
                    />
                  ) : (
                    <Trigger
                      key={kind.name}
                      kind={kind}
                      tenants={tenants}
                      tenant={tenant}
                      onTenant={(chosen) => setView({ tenant: chosen })}
                      onRepeated={async () => {
                        await all.refetch();
                        setView({ kind: "" });
                      }}
                      onDone={async (id, of) => {
                        await all.refetch();
                        await navigate({
                          to: "/failures/$injection",
                          params: { injection: id } as never,
                          search: { tenant: of } as never,
                        });
                      }}
                    />
                  )),
              },
              { id: "about", name: t("about"), show: () => kind && <About kind={kind} /> },
            ]}
          />
        </>
      )}
    </Page>
  );
}
