/** What was found in a manifest, by rule: where, why, and what can be mended by pressing. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import classes from "./editor.module.css";
import { type Finding, type Group, grouped, said } from "./findings";
import { changed, type Fix, fixesOf } from "./fixes";
import { More } from "./More";
import type { Judged } from "./useJudged";
import { useT } from "./words";

const AT_FIRST = 20;
const MORE = 100;

interface Props {
  readonly judged: Judged;
  readonly text: string;
  readonly onGo: (finding: Finding) => void;
  /** Without: nothing can be mended here. */
  readonly onText?: (text: string) => void;
}

export function Report({ judged, text, onGo, onText }: Props) {
  const t = useT();
  const f = useFormat();
  const { findings, stale } = judged;
  const fixes = useMemo(
    () => fixesOf(stale || !onText ? [] : findings, text),
    [findings, stale, onText, text],
  );
  const all = useMemo(() => once([...fixes.values()]), [fixes]);
  const groups = useMemo(() => grouped(findings, f.language), [findings, f.language]);
  const errors = findings.filter((one) => one.severity === "error").length;
  // What the service itself says of a cluster is in no count of findings.
  const told = findings.filter((one) => one.rule).length;
  const broken = findings.filter((one) => one.severity === "broken").length;
  return (
    <Answer ask={judged.asked}>
      {(data) => (
        <>
          <Figures
            of={[
              {
                name: t("errors"),
                value: f.number(errors),
                bad: errors > 0,
                note: [
                  broken > 0 && t("brokens", { count: f.number(broken) }),
                  t("warnings", { count: f.number(data.warnings?.length) }),
                ]
                  .filter(Boolean)
                  .join(" · "),
              },
              {
                name: t("objects"),
                value: f.number(data.resource_summary?.total_objects),
                note: t("by", { version: data.kubernetes_version ?? "–" }),
              },
              {
                name: t("asks"),
                value: t("asks.cpu", {
                  // As the service writes them: 37650m, 93184Mi.
                  cores: f.cores(Number.parseInt(data.resource_summary?.total_cpu ?? "", 10)),
                }),
                note: f.bytes(
                  Number.parseInt(data.resource_summary?.total_memory ?? "", 10) * 2 ** 20,
                ),
              },
            ]}
          />
          <Panel
            title={t("findings")}
            aside={
              all.length > 1 && onText ? (
                <Button
                  variant="default"
                  data-do="fix-all"
                  leftSection={<IconWand size={14} />}
                  onClick={() =>
                    onText(
                      changed(
                        text,
                        all.flatMap((fix) => fix.changes),
                      ),
                    )
                  }
                >
                  {t("fix.all", { count: all.length })}
                </Button>
              ) : null
            }
          >
            <p className={classes.fresh} role="status" data-stale={stale || undefined}>
              {t(stale ? "stale" : "fresh")} {t(data.strict_validation ? "strict" : "lenient")}
              {judged.strict === undefined && ` ${t("strict.settings")}`}
            </p>
            {(data.findings ?? 0) > told && (
              <p className={classes.fresh} data-cut>
                {t("cut", { told: f.number(told), all: f.number(data.findings) })}
              </p>
            )}
            {findings.length === 0 ? (
              <Empty say={t("none")} />
            ) : (
              <ul className={classes.groups} data-stale={stale || undefined}>
                {groups.map((group) => (
                  <Rule
                    key={`${group.severity} ${group.rule} ${group.title}`}
                    group={group}
                    fixes={fixes}
                    onGo={onGo}
                    onFix={(fix) => onText?.(changed(text, fix.changes))}
                  />
                ))}
              </ul>
            )}
          </Panel>
        </>
      )}
    </Answer>
  );
}

function Rule({
  group,
  fixes,
  onGo,
  onFix,
}: {
  group: Group;
  fixes: ReadonlyMap<Finding, Fix | null>;
  onGo: (finding: Finding) => void;
  onFix: (fix: Fix) => void;
}) {
  const t = useT();
  const f = useFormat();
  // Thousands of rows would be drawn for a while in which nobody can write.
  const [shown, show] = useState(AT_FIRST);
  const left = group.findings.length - shown;
  return (
    <li>
      <header>
        <StatusBadge
          state={group.severity === "warning" ? "at_risk" : "failed"}
          word={t(group.severity)}
        />
        <code>{group.rule || t("no-rule")}</code>
        <strong>{group.title}</strong>
        {group.findings.length > 1 && (
          <span className="dim">{t("times", { count: group.findings.length })}</span>
        )}
      </header>
      <ol>
        {group.findings.slice(0, shown).map((one) => {
          const fix = fixes.get(one);
          return (
            <li key={`${one.line} ${one.column} ${one.path} ${one.message}`}>
              {one.line ? (
                <button type="button" onClick={() => onGo({ ...one })}>
                  {t("where", { line: one.line, column: one.column ?? 1 })}
                </button>
              ) : null}
              <span className="dim">
                {[one.object?.kind, one.object?.name].filter(Boolean).join(" ")}
              </span>
              {one.title && (
                <p className={f.language === "ko" && one.message_ko ? undefined : "mono"}>
                  {said(one, f.language)}
                </p>
              )}
              {!group.remedy && one.remedy && <p>→ {one.remedy}</p>}
              {fix && (
                <Button
                  size="compact-xs"
                  variant="light"
                  data-do="fix"
                  leftSection={<IconWand size={13} />}
                  onClick={() => onFix(fix)}
                >
                  {t("fix", { says: fix.says })}
                </Button>
              )}
            </li>
          );
        })}
      </ol>
      <More step={MORE} left={left} name="more" onMore={() => show(shown + MORE)} />
      {group.remedy && <p>→ {group.remedy}</p>}
      {group.docs[0] && (
        <a href={group.docs[0]} target="_blank" rel="noreferrer">
          {t("docs")}
        </a>
      )}
    </li>
  );
}

/** Return fixes that can be applied together: none of the others' letters. */
function once(fixes: readonly (Fix | null)[]): Fix[] {
  const taken: { from: number; to: number }[] = [];
  return fixes.flatMap((fix) => {
    if (!fix) return [];
    const clash = fix.changes.some((one) =>
      taken.some((other) => one.from <= other.to && other.from <= one.to),
    );
    if (clash) return [];
    taken.push(...fix.changes);
    return [fix];
  });
}
