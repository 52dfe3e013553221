/** The one thing that a tenant asks for first, why, and where to go. */
import { useFormat } from "@ecp/ui/view/format";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconInfoCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type Failure, type Incident, lasted, longest, put } from "../../tenant/incidents";
import { type Windowed, youngFor } from "../../tenant/young";
import { type Facts, type Need as Kind, next } from "./next";
import classes from "./overview.module.css";
import { causeWord, useT } from "./words";

export interface Firing {
  readonly message?: { readonly en?: string; readonly ko?: string };
}

export interface Left {
  readonly allowed_seconds?: number | null;
  readonly consumed_seconds?: number | null;
  readonly remaining_seconds?: number | null;
}

const GO = {
  deploy: "manifest",
  mend: "startup",
  recover: "startup",
  wait: "releases",
  starting: "resources",
  spent: "sla",
  spare: "sla",
} as const;
const BAD: readonly Kind[] = ["mend", "recover", "spent"];
const RISKY: readonly Kind[] = ["unseen", "spare", "alert", "start"];

export function Need({
  tenant,
  facts,
  budget,
  incidents,
  failures,
  firing,
}: {
  tenant: string;
  facts: Facts & {
    readonly ready?: number;
    readonly desired?: number;
    readonly sla?: (Facts["sla"] & Windowed) | null;
  };
  budget: Left | null | undefined;
  incidents: readonly Incident[];
  failures: readonly Failure[] | undefined;
  firing: readonly Firing[];
}) {
  const t = useT();
  const f = useFormat();
  const { need, trouble } = next(facts, firing.length);
  const level = BAD.includes(need) ? "bad" : RISKY.includes(need) ? "risky" : "fine";
  const Icon = need === "nothing" ? IconCircleCheck : ICONS[level];
  const young = youngFor(facts.sla);
  const worst = longest(incidents);
  const said = () => {
    switch (need) {
      case "mend":
      case "recover":
        return trouble
          ? t(`need.${need}`, { object: trouble.object ?? "", text: trouble.text ?? "" })
          : t("need.mend.bare");
      case "wait":
      case "starting":
        return t(`need.${need}`, {
          ready: f.number(facts.ready),
          desired: f.number(facts.desired),
        });
      case "spent":
      case "spare":
        return t(young === null ? `need.${need}` : `need.${need}.young`, {
          span: f.duration(young),
          over: f.duration(Math.max(0, -(budget?.remaining_seconds ?? 0))),
          left: f.duration(budget?.remaining_seconds),
          allowed: f.duration(budget?.allowed_seconds),
        });
      case "alert":
        return t("need.alert", {
          count: f.number(firing.length),
          message: firing[0]?.message?.[f.language] ?? "",
        });
      default:
        return t(`need.${need}`);
    }
  };
  const go = need in GO ? GO[need as keyof typeof GO] : null;
  return (
    <section
      className={classes.need}
      data-level={level}
      data-need={need}
      aria-label={t("need.title")}
    >
      <Icon size={20} stroke={1.8} aria-hidden />
      <div>
        <p>
          <strong>{said()}</strong>
        </p>
        {(need === "spent" || need === "spare") && worst && (
          <p>
            {t("need.because", {
              at: f.instant(worst.started_at),
              lasted: f.duration(lasted(worst)),
              cause:
                put(worst, failures, (kind, count) => causeWord(kind, count, t)) ||
                t("need.unknown"),
            })}
          </p>
        )}
        {trouble?.remedy && <p>→ {trouble.remedy}</p>}
      </div>
      {go && (
        <Link to={`/tenants/$tenant/${go}` as never} params={{ tenant } as never}>
          {t(`go.${go}`)} →
        </Link>
      )}
      {need === "alert" && <Link to="/alerts">{t("go.alerts")} →</Link>}
    </section>
  );
}

const ICONS = { bad: IconCircleX, risky: IconAlertTriangle, fine: IconInfoCircle } as const;
