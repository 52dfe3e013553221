/** What a tenant says of its days: campaigns, days off, weekdays; and what holds just now. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Panel } from "@ecp/ui/layout/Panel";
import { useFormat } from "@ecp/ui/view/format";
import classes from "./traffic.module.css";
import { weekday } from "./weekdays";
import { useT } from "./words";

interface Point {
  readonly sessions_per_second: number;
  readonly held: number;
  readonly requests_per_second: number;
}

export interface Demand {
  readonly tenant: string;
  readonly at: readonly string[];
  readonly clock: { readonly now: string };
  readonly shape: Said | null;
  readonly profiles: readonly {
    readonly profile: string;
    readonly units: number;
    readonly contracted_units: number;
    readonly points: readonly Point[];
    readonly now: Point;
    readonly reasons: readonly {
      readonly kind:
        | "campaign"
        | "followed"
        | "holiday"
        | "month-end"
        | "series"
        | "variation"
        | "weekday"
        | "weekend";
      readonly name: string;
      readonly name_en: string;
      readonly factor: number;
    }[];
  }[];
}

interface Said {
  readonly campaigns?: readonly {
    readonly name: string;
    readonly start: string;
    readonly end: string;
    readonly factor: number;
  }[];
  readonly days?: Readonly<Record<string, string | null>>;
  readonly weekdays?: Readonly<Record<string, number>>;
  readonly month_end?: { readonly days: number; readonly factor: number };
  readonly follow?: Readonly<Record<string, { readonly metric: string }>>;
}

export function Shape({ demand }: { demand: Demand }) {
  const t = useT();
  const f = useFormat();
  const said = demand.shape ?? {};
  const rows: { what: string; when: string; factor: string }[] = [
    ...demand.profiles.flatMap((one) =>
      one.reasons.map((reason) => ({
        what: t("reason", {
          profile: one.profile,
          what: t(`kind.${reason.kind}`, {
            name: weekday(f.language === "en" ? reason.name_en : reason.name, f.language),
          }),
        }),
        when: t("now"),
        factor: `×${f.number(reason.factor)}`,
      })),
    ),
    ...(said.campaigns ?? []).map((one) => ({
      what: t("campaign", { name: one.name }),
      when: `${f.instant(one.start)} – ${f.instant(one.end)}`,
      factor: `×${f.number(one.factor)}`,
    })),
    ...Object.entries(said.days ?? {}).map(([day, name]) => ({
      what: name ? t("day_off", { name }) : t("working"),
      when: day,
      factor: "–",
    })),
    ...(said.weekdays
      ? [
          {
            what: t("weekdays"),
            when: Object.keys(said.weekdays)
              .map((day) => weekday(day, f.language))
              .join(", "),
            factor: Object.values(said.weekdays)
              .map((factor) => `×${f.number(factor)}`)
              .join(", "),
          },
        ]
      : []),
    ...(said.month_end
      ? [
          {
            what: t("month_end", { days: said.month_end.days }),
            when: "–",
            factor: `×${f.number(said.month_end.factor)}`,
          },
        ]
      : []),
    ...Object.entries(said.follow ?? {}).map(([profile, one]) => ({
      what: t("follows", { metric: one.metric }),
      when: profile,
      factor: "–",
    })),
  ];
  return (
    <Panel title={t("shape")}>
      {rows.length === 0 ? (
        <Empty say={t("shape.none")} sample={`ecp tenant demand ${demand.tenant} -f demand.yaml`} />
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>{t("shape.kind")}</th>
              <th>{t("shape.when")}</th>
              <th>{t("shape.factor")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.what} ${row.when}`}>
                <td>{row.what}</td>
                <td>{row.when}</td>
                <td>{row.factor}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
