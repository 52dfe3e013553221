/** What comes after a manifest that would be taken. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Panel } from "@ecp/ui/layout/Panel";
import { prefer } from "@ecp/ui/view/preferences";
import { Code } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { atOrchestrator } from "../../ask";
import classes from "./validate.module.css";
import { useT } from "./words";

/** The demo's tenant whose manifest was broken. */
const TENANT = "demo-broken";
const DEMO = { "X-Demo-Mode": "true" };

export function Next({ sample, text }: { sample: string; text: string }) {
  const t = useT();
  const navigate = useNavigate();
  const body = { manifest_content: text };
  const deploy = async () => {
    // It is the demo's: what follows is looked at there.
    prefer({ demo: true });
    const { data, error } = await atOrchestrator.POST("/api/v1/simulator/deploy/{tenant_id}", {
      params: { path: { tenant_id: TENANT } },
      body,
    });
    if (error) throw error;
    void navigate({
      to: "/releases/$release",
      params: { release: data.deployment_id ?? "" },
    } as never);
  };
  return (
    <Panel title={t("next")}>
      <div className={classes.next} data-next={sample}>
        {sample === "demo" ? (
          <>
            <p>{t("next.demo", { tenant: TENANT })}</p>
            <Mutation
              primary
              name="deploy-demo"
              label={t("deploy", { tenant: TENANT })}
              cli={`ecp deploy ${TENANT} -f manifest.yaml --demo`}
              curl={curl("POST", `/api/v1/simulator/deploy/${TENANT}`, body, DEMO)}
              run={deploy}
            />
          </>
        ) : (
          <>
            <p>{t("next.own")}</p>
            <Code>ecp deploy acme -f manifest.yaml</Code>
            <Link to={"/tenants/new" as never}>{t("next.new")}</Link>
          </>
        )}
      </div>
    </Panel>
  );
}
