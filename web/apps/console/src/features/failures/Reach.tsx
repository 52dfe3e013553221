/** What a failure would hit if it began now, and what it could cost: before anybody presses. */
import { Figures } from "@ecp/ui/layout/Page";
import { Answer, type Asked } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import { EVERY_MS, hooks, useGiven } from "../../ask";
import classes from "./failures.module.css";
import type { Reach as Found } from "./types";
import { type Key, useT } from "./words";

/** What has no pod and no node of its own: what that means is said. */
const EMPTY = new Set(["namespace", "registry", "pool", "actor", "door", "secret"]);

const DAYS_S = 30 * 86_400;
/** Slots that are not judged yet make no 30 days shorter. */
const SLACK_S = 3600;

export function Reach({
  ask,
  target,
  tenant,
  refused,
}: {
  ask: Asked<Found>;
  /** What its kind hits. */
  target: string;
  tenant: string;
  /** It hits other tenants, and is not allowed to. */
  refused: boolean;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const system = hooks.useQuery("get", "/api/v1/monitoring/system", given, {
    refetchInterval: EVERY_MS * 6,
  });
  const total = (system.data?.nodes ?? []).reduce((sum, one) => sum + (one.total ?? 0), 0);
  return (
    <>
      <h3 className={classes.part}>{t("reach")}</h3>
      <Answer ask={ask}>
        {(found) => {
          const others = found.tenants.filter((one) => one !== tenant);
          const nodes = Object.keys(found.nodes);
          const { promise } = found;
          const young = promise !== null && promise.measured_seconds < DAYS_S - SLACK_S;
          const of = EMPTY.has(target) ? target : "other";
          return (
            <div data-reach>
              <Figures
                of={[
                  { name: t("reach.pods"), value: f.number(found.pods.length) },
                  {
                    name: t("reach.nodes"),
                    value: f.number(nodes.length),
                    note: total ? t("reach.of", { total: f.number(total) }) : undefined,
                  },
                  {
                    name: t("reach.tenants"),
                    value: f.number(found.tenants.length),
                    note: others.length
                      ? t("reach.others", { tenants: others.join(", ") })
                      : undefined,
                    bad: others.length > 0,
                  },
                  {
                    name: t("reach.worst"),
                    value: promise ? f.duration(promise.at_worst_seconds) : "–",
                    note: promise
                      ? promise.remaining_seconds > 0
                        ? t("reach.worst.say", { left: f.duration(promise.remaining_seconds) })
                        : t("reach.worst.over", { over: f.duration(-promise.remaining_seconds) })
                      : undefined,
                    bad: promise?.would_breach ?? false,
                  },
                ]}
              />
              {found.services.length > 0 && (
                <>
                  <h3 className={classes.part}>{t("reach.services")}</h3>
                  <ul className={classes.services}>
                    {found.services.map((one) => (
                      <li key={one.service}>
                        <span className="mono">
                          {others.length ? one.service : one.service.split("/").at(-1)}
                        </span>
                        <meter
                          min={0}
                          max={100}
                          low={50}
                          high={99}
                          optimum={0}
                          value={one.percent}
                          aria-label={one.service}
                        />
                        <span>
                          {one.percent >= 100
                            ? t("reach.all")
                            : t("reach.service", { hit: one.hit, ready: one.ready })}
                        </span>
                      </li>
                    ))}
                  </ul>
                </>
              )}
              {found.pods.length > 0 || nodes.length > 0 ? (
                <div
                  className={`mono ${classes.list}`}
                  role="region"
                  tabIndex={0}
                  aria-label={t("reach")}
                >
                  {[...nodes, ...found.pods.map((one) => one.split("/").at(-1))].join(", ")}
                </div>
              ) : (
                <p className={classes.note}>
                  {t(`reach.empty.${of}` as Key)}{" "}
                  <span className="mono">{found.targets.join(", ")}</span>
                </p>
              )}
              {refused && (
                <p className={classes.promise} data-bad>
                  {t("reach.refused", { tenants: others.join(", ") })}
                </p>
              )}
              <p className={classes.promise} data-bad={promise?.would_breach || undefined}>
                {promise === null
                  ? t("reach.unbounded")
                  : t(
                      promise.remaining_seconds <= 0
                        ? "reach.over"
                        : promise.would_breach
                          ? "reach.breaks"
                          : "reach.keeps",
                      { target: f.number(promise.target_sla, 3) },
                    )}
                {young && (
                  <>
                    {" "}
                    {t("reach.young", {
                      span: f.duration(promise.measured_seconds),
                      whole: f.duration(promise.budget_seconds),
                    })}
                  </>
                )}
              </p>
            </div>
          );
        }}
      </Answer>
    </>
  );
}
