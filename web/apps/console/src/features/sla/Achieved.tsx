/** What was promised and what was kept of it, in figures of the service. */
import { Figures } from "@ecp/ui/layout/Page";
import { leftOf } from "@ecp/ui/status/budget";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { isMeasured } from "../../standing";
import type { Composite, Statement } from "./statement";
import { useT } from "./words";

export function Achieved({
  of: data,
  period,
}: {
  of: Composite;
  period: Statement["period"] | undefined;
}) {
  const t = useT();
  const f = useFormat();
  const left = leftOf(data);
  const measured = isMeasured({ sla: data });
  const asked = (data.requests?.total ?? 0) > 0;
  return (
    <Figures
      of={[
        {
          name: t("figure.promise"),
          value: f.percent(data.target_sla, 3),
          note: period
            ? t("known", {
                from: f.clock(period.from, true),
                until: `${f.clock(period.known_until, true)} ${f.zoneName}`,
              })
            : undefined,
        },
        {
          name: t("figure.achieved"),
          // A minute without a fault is no 100 %.
          value: f.percent(measured ? data.current_sla : null, 3),
          note: <StatusBadge state={data.status} />,
          bad: data.status === "breached",
        },
        {
          name: t("figure.requests"),
          value: f.percent(asked ? data.availability : null, 3),
          note: t("figure.of", {
            good: f.number(data.requests?.good),
            total: f.number(data.requests?.total),
          }),
        },
        {
          name: t("figure.left"),
          value: f.duration(left?.remaining),
          note:
            left === null
              ? undefined
              : t("figure.left.of", {
                  allowed: f.duration(left.allowed),
                  gone: f.duration(data.error_budget?.consumed_seconds),
                }),
          bad: (left?.remaining ?? 0) < 0,
        },
        {
          name: t("figure.incidents"),
          value: f.number(data.failure_count),
          note: t("figure.micro", {
            count: f.number(data.micro_outages?.count),
            seconds: f.duration(data.micro_outages?.seconds),
          }),
        },
        {
          name: t("figure.mttr"),
          value: f.duration(data.recovery_time_avg as number | null),
          note: data.failure_count
            ? t("figure.mttd", {
                mttd: f.duration(data.mttd_seconds as number | null),
                mtbf: f.duration(data.mtbf_seconds as number | null),
              })
            : undefined,
        },
      ]}
    />
  );
}
