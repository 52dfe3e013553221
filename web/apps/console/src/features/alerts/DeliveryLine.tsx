/** What was told one route: when, how it went, and why it did not arrive. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { DELIVERY_STATES, type Delivery, severityOf } from "./alerts";
import { useT } from "./words";

export function DeliveryLine({ delivery }: { delivery: Delivery }) {
  const t = useT();
  const f = useFormat();
  const what =
    delivery.what === "resolved" ? t("state.resolved") : t(`severity.${severityOf(delivery.what)}`);
  const tries = delivery.attempt > 1 ? t("delivery.try", { count: delivery.attempt }) : "";
  return (
    <li>
      <span className="dim">{f.instant(delivery.sent_at ?? delivery.next_at)}</span>
      <StatusBadge state={DELIVERY_STATES[delivery.state]} word={t(`delivery.${delivery.state}`)} />
      <span>{[delivery.route, what, tries, delivery.detail].filter(Boolean).join(" · ")}</span>
    </li>
  );
}
