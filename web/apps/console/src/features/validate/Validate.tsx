/** A playground: write or paste a manifest, see what the API server would say of it, and where. */
import { Commands, curl } from "@ecp/ui/actions/Mutation";
import { Empty } from "@ecp/ui/layout/Empty";
import { Figures } from "@ecp/ui/layout/Page";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useUi } from "@ecp/ui/texts/texts";
import { useFormat } from "@ecp/ui/view/format";
import { useView } from "@ecp/ui/view/useView";
import { Button, Modal, SegmentedControl, Switch } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { useT } from "../../texts/texts";
import { Editor } from "./Editor";
import type { Finding } from "./findings";
import { BAD, GOOD } from "./samples";
import classes from "./validate.module.css";

const VIEW = { sample: "bad", strict: true };
const SAMPLES: Record<string, string> = { bad: BAD, good: GOOD, empty: "" };
const PAUSE_MS = 400;
const PATH = "/api/v1/tenants/validate-manifest";

export default function Validate() {
  const t = useT();
  const u = useUi();
  const f = useFormat();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const [text, setText] = useState(SAMPLES[view.sample] ?? BAD);
  const [at, goTo] = useState<Finding | null>(null);
  const [showing, show] = useDisclosure();
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const body = { manifest_content: settled, strict_validation: view.strict };
  const judged = useQuery({
    queryKey: ["validate", settled, view.strict, given],
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST(PATH, { body });
      if (error) throw error;
      return data;
    },
  });
  const empty = settled.trim() === "";
  const answer = empty ? undefined : judged.data;
  const findings = useMemo(
    (): readonly Finding[] => [
      // What breaks a release counts as an error, whichever word the rule has for it.
      ...((answer?.errors ?? []) as readonly Finding[]).map((one) => ({
        ...one,
        severity: "error",
      })),
      ...((answer?.warnings ?? []) as readonly Finding[]),
    ],
    [answer],
  );
  return (
    <>
      <div className={classes.head}>
        <h1>{t("validate.title")}</h1>
        {answer && (
          <StatusBadge
            state={answer.valid ? "up" : "failed"}
            word={t(answer.valid ? "validate.valid" : "validate.refused")}
          />
        )}
        <div className={classes.actions}>
          <Switch
            size="xs"
            label={t("validate.strict")}
            checked={view.strict}
            onChange={(change) => setView({ strict: change.currentTarget.checked })}
          />
          <SegmentedControl
            size="xs"
            aria-label={t("validate.samples")}
            value={view.sample}
            onChange={(sample) => {
              setView({ sample });
              setText(SAMPLES[sample] ?? "");
            }}
            data={["bad", "good", "empty"].map((value) => ({
              value,
              label: t(`validate.sample.${value as "bad" | "good" | "empty"}`),
            }))}
          />
          <Button variant="default" onClick={show.open}>
            {u("command.show")}
          </Button>
        </div>
      </div>
      <div className={classes.both}>
        <section className={classes.editor} aria-label={t("validate.manifest")}>
          <Editor
            label={t("validate.manifest")}
            text={text}
            findings={findings}
            at={at}
            onChange={setText}
          />
        </section>
        <div>
          {empty ? (
            <Empty say={t("validate.empty")} sample="ecp validate -f manifest.yaml" />
          ) : (
            <Answer ask={judged}>
              {(data) => (
                <>
                  <Figures
                    of={[
                      {
                        name: t("validate.errors"),
                        value: f.number(data.errors?.length),
                        bad: (data.errors?.length ?? 0) > 0,
                      },
                      { name: t("validate.warnings"), value: f.number(data.warnings?.length) },
                      {
                        name: t("validate.objects"),
                        value: f.number(data.resource_summary?.total_objects),
                        note: t("validate.by", { version: data.kubernetes_version ?? "–" }),
                      },
                      {
                        name: t("validate.asks"),
                        value: data.resource_summary?.total_cpu,
                        note: data.resource_summary?.total_memory,
                      },
                    ]}
                  />
                  <Panel title={t("validate.findings")}>
                    {findings.length === 0 ? (
                      <Empty say={t("validate.none")} sample="ecp deploy acme -f manifest.yaml" />
                    ) : (
                      <ul className={classes.findings}>
                        {findings.map((one) => (
                          <li key={`${one.rule} ${one.line} ${one.column} ${one.path}`}>
                            <button type="button" onClick={() => goTo({ ...one })}>
                              <StatusBadge
                                state={one.severity === "error" ? "failed" : "at_risk"}
                                word={t(
                                  one.severity === "error" ? "validate.error" : "validate.warning",
                                )}
                              />
                              <code>{one.rule}</code>
                              {one.line ? (
                                <span className="dim">
                                  {t("validate.where", { line: one.line, column: one.column ?? 1 })}
                                </span>
                              ) : null}
                            </button>
                            <strong>{one.title ?? one.message}</strong>
                            {one.title && (
                              <p>
                                {f.language === "ko" && one.message_ko ? (
                                  one.message_ko
                                ) : (
                                  <span className="mono">{one.message}</span>
                                )}
                              </p>
                            )}
                            {one.remedy && <p>→ {one.remedy}</p>}
                          </li>
                        ))}
                      </ul>
                    )}
                  </Panel>
                </>
              )}
            </Answer>
          )}
        </div>
      </div>
      <Modal
        opened={showing}
        onClose={show.close}
        title={t("validate.title")}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands
          cli="ecp validate -f manifest.yaml"
          curl={curl("POST", PATH, body, headersOf(given))}
        />
      </Modal>
    </>
  );
}
