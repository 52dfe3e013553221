/** The third step: the generated manifest, to be changed, and compared with what was generated. */
import { Answer } from "@ecp/ui/layout/Panel";
import { Button, SegmentedControl } from "@mantine/core";
import { type ComponentProps, useState } from "react";
import { Diff } from "../../editor/Diff";
import { Editor } from "../../editor/Editor";
import { Outline } from "../../editor/Outline";
import { Report } from "../../editor/Report";
import { useJudged } from "../../editor/useJudged";
import { useTemplate } from "./useTemplate";
import type { StepProps } from "./Wizard";
import classes from "./wizard.module.css";
import { useT } from "./words";

export function Text({ choice, choose }: StepProps) {
  const t = useT();
  const template = useTemplate(choice);
  const { text, draft, setDraft } = template;
  const judged = useJudged(text);
  const [at, goTo] = useState<ComponentProps<typeof Editor>["at"]>(null);
  return (
    <Answer ask={template.asked} rows={10}>
      {(data) => (
        <>
          <div className={classes.aside}>
            <SegmentedControl
              size="xs"
              aria-label={t("view")}
              value={choice.diff ? "diff" : "edit"}
              onChange={(view) => choose({ diff: view === "diff" })}
              data={(["edit", "diff"] as const).map((value) => ({
                value,
                label: t(`view.${value}`),
              }))}
            />
            {draft !== null && (
              <Button variant="default" onClick={() => setDraft(null)}>
                {t("discard")}
              </Button>
            )}
          </div>
          <p className={classes.note}>{t(draft === null ? "draft.none" : "draft")}</p>
          <div className={classes.both}>
            {choice.diff ? (
              <div className={classes.boxed}>
                <Diff
                  before={data.manifest_content}
                  after={text}
                  labels={[t("template"), t("edited")]}
                />
              </div>
            ) : (
              <div className={classes.editor}>
                <Editor
                  label={t("manifest", { tenant: choice.id })}
                  text={text}
                  findings={judged.findings}
                  stale={judged.stale}
                  at={at ?? null}
                  onChange={setDraft}
                />
              </div>
            )}
            <div>
              <Outline
                text={text}
                findings={judged.findings}
                onGo={(place) => {
                  choose({ diff: false });
                  goTo(place);
                }}
              />
              <Report
                judged={judged}
                text={text}
                onGo={(finding) => {
                  choose({ diff: false });
                  goTo(finding);
                }}
                onText={setDraft}
              />
            </div>
          </div>
        </>
      )}
    </Answer>
  );
}
