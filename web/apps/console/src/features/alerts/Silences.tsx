/** What is told to nobody, until when and why. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { AskedPanel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { atOrchestrator, EVERY_MS, headersOf, hooks, useGiven } from "../../ask";
import { severityOf } from "./alerts";
import classes from "./alerts.module.css";
import { RuleName } from "./RuleName";
import { useT } from "./words";

interface Matchers {
  readonly tenant_id?: string;
  readonly rule?: string;
  readonly severity?: string;
}

/** Which alerts it is about, in words. */
function Matches({ of }: { of: Matchers }) {
  const t = useT();
  return (
    <>
      <b>{of.tenant_id ?? t("route.of.all")}</b>
      {" · "}
      {of.rule ? <RuleName rule={of.rule} /> : t("route.rule.all")}
      {of.severity && ` · ${t(`severity.${severityOf(of.severity)}`)}`}
    </>
  );
}

export function Silences() {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const demo = given.headers["X-Demo-Mode"] === "true" ? " --demo" : "";
  const asked = hooks.useQuery("get", "/api/v1/alerts/silences", given, {
    refetchInterval: EVERY_MS,
  });
  return (
    <AskedPanel title={t("part.silences")} ask={asked}>
      {({ silences = [] }) =>
        silences.length === 0 ? (
          <Empty
            say={t("silences.none")}
            sample='ecp alerts silence --tenant acme --for 2h --why "load test"'
          />
        ) : (
          <>
            <p className={classes.say}>{t("silences.say")}</p>
            <div className={classes.scroll}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th>{t("silence.matches")}</th>
                    <th>{t("silence.why")}</th>
                    <th>{t("silence.until")}</th>
                    <th />
                  </tr>
                </thead>
                <tbody>
                  {silences.map((one) => (
                    <tr key={one.id}>
                      <td>
                        <Matches of={(one.matchers ?? {}) as Matchers} />
                      </td>
                      <td>
                        {one.why} <span className="dim">{one.who}</span>
                      </td>
                      <td>
                        {f.instant(one.until)}{" "}
                        <span className="dim">
                          {one.active
                            ? t("silence.left", {
                                left: f.duration((Date.parse(one.until ?? "") - Date.now()) / 1000),
                              })
                            : ""}
                        </span>
                      </td>
                      <td>
                        {one.active ? (
                          <Mutation
                            label={t("unsilence")}
                            name="unsilence"
                            cli={`ecp alerts unsilence ${one.id}${demo}`}
                            curl={curl(
                              "DELETE",
                              `/api/v1/alerts/silences/${one.id}`,
                              undefined,
                              headersOf(given),
                            )}
                            run={async () => {
                              const { error } = await atOrchestrator.DELETE(
                                "/api/v1/alerts/silences/{silence_id}",
                                { params: { path: { silence_id: one.id ?? 0 } } },
                              );
                              if (error) throw error;
                              await asked.refetch();
                            }}
                          />
                        ) : (
                          <StatusBadge state="closed" word={t("silence.over")} />
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )
      }
    </AskedPanel>
  );
}
