/** The last step: what is sent, as it is judged; then create, deploy, and see it come up. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Answer, Panel } from "@ecp/ui/layout/Panel";
import { usePreferences } from "@ecp/ui/view/preferences";
import { Button } from "@mantine/core";
import { atOrchestrator, headersOf, useGiven } from "../../ask";
import { keep, kept } from "../../editor/kept";
import { Report } from "../../editor/Report";
import { useJudged } from "../../editor/useJudged";
import { useTarget } from "../../target";
import { bodyOf, cliOf } from "./choice";
import { Progress } from "./Progress";
import { createdKey } from "./useName";
import { useTemplate } from "./useTemplate";
import type { StepProps } from "./Wizard";
import classes from "./wizard.module.css";
import { useT } from "./words";

export function Deploy(props: StepProps) {
  return props.choice.release ? <Progress {...props} /> : <Send {...props} />;
}

function Send({ choice, choose }: StepProps) {
  const t = useT();
  const given = useGiven();
  const { demo } = usePreferences();
  const target = useTarget();
  const template = useTemplate(choice);
  const { text, draft } = template;
  const judged = useJudged(text);
  const valid = judged.verdict === "taken";
  const created = createdKey(choice.id, demo);
  const body = bodyOf(choice);
  // What is generated has its secrets filled in there.
  const sent = draft === null ? {} : { manifest_content: draft };
  const path = `/api/v1/simulator/deploy/${choice.id}`;
  const send = async (confirm: string) => {
    // Where only the deploy failed before, the tenant is there.
    if (kept(created) === null) {
      const { error } = await atOrchestrator.POST("/api/v1/tenants/", { body: body as never });
      if (error) throw error;
      keep(created, "yes");
    }
    const { data, error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
      params: { path: { tenant_id: choice.id }, header: { Prefer: "respond-async" } as never },
      body: { ...sent, ...(confirm ? { confirm } : {}) },
    });
    if (error) throw error;
    keep(created, null);
    choose({ release: data.deployment_id ?? "" });
  };
  const create = cliOf(choice, demo ? " --demo" : "");
  const file = draft === null ? "" : ` -f ${choice.id}.yaml`;
  return (
    <Answer ask={template.asked} rows={8}>
      {(data) => (
        <>
          <Panel title={t("step.deploy")}>
            <p>
              {judged.stale || !judged.answer
                ? t("ready.wait")
                : valid
                  ? t("ready", {
                      tenant: choice.id,
                      namespace: data.namespace,
                      objects: judged.answer.resource_summary?.total_objects ?? 0,
                    })
                  : t("ready.errors")}
            </p>
            <div className={classes.aside}>
              <Mutation
                primary
                name="create"
                label={t("create")}
                disabled={!valid}
                cli={create && `${create}\necp deploy ${choice.id}${file}${target.cli}`}
                curl={[
                  curl("POST", "/api/v1/tenants/", body, headersOf(given)),
                  curl("POST", path, sent, headersOf(given)),
                ].join("\n")}
                confirm={target.confirm}
                run={send}
              />
              {!valid && judged.answer && !judged.stale && (
                <Button variant="default" onClick={() => choose({ step: "manifest" })}>
                  {t("fix")}
                </Button>
              )}
            </div>
          </Panel>
          <Report judged={judged} text={text} onGo={() => choose({ step: "manifest" })} />
        </>
      )}
    </Answer>
  );
}
