/** Reports to keep or hand out: of the range, and of months that are closed for good. */
import { Panel } from "@ecp/ui/layout/Panel";
import { ProblemView } from "@ecp/ui/layout/ProblemView";
import { useFormat } from "@ecp/ui/view/format";
import { Button, Group } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { demoOf, hooks, useGiven } from "../../ask";
import { FORMS, type Form, type Query, save } from "./save";
import classes from "./sla.module.css";
import { useT } from "./words";

export function Files({
  tenant,
  query,
  options,
}: {
  tenant: string;
  query: Query;
  options: string;
}) {
  const t = useT();
  const f = useFormat();
  const given = useGiven();
  const frozen = hooks.useQuery("get", "/api/v1/simulator/sla/{tenant_id}/statements", {
    ...given,
    params: { path: { tenant_id: tenant } },
  });
  const rows = frozen.data?.statements ?? [];
  return (
    <Panel title={t("files")}>
      <h3 className={classes.sub}>{t("files.range")}</h3>
      <Forms tenant={tenant} query={query} />
      <p className="dim">{t("files.pack")}</p>
      <code className="mono dim">{`ecp slo report ${tenant} ${options} --format zip${demoOf(given)}`}</code>
      <h3 className={classes.sub}>{t("files.frozen")}</h3>
      {rows.length === 0 && <p className="dim">{t("files.frozen.none")}</p>}
      {rows.map((row) => (
        <div key={`${row.month} ${row.revision}`} className={classes.frozen}>
          <dl>
            <dt>{t("files.month")}</dt>
            <dd>
              <strong>{row.month}</strong>
            </dd>
            <dt>{t("files.revision")}</dt>
            <dd>{f.number(row.revision)}</dd>
            <dt>{t("files.at")}</dt>
            <dd>{f.instant(row.frozen_at)}</dd>
            <dt>{t("files.hash")}</dt>
            <dd className="mono">{(row.input_hash ?? "").slice(7, 23)}</dd>
          </dl>
          <Forms tenant={tenant} query={{ month: row.month ?? "", revision: row.revision ?? 1 }} />
        </div>
      ))}
    </Panel>
  );
}

function Forms({ tenant, query }: { tenant: string; query: Query }) {
  const t = useT();
  const [busy, setBusy] = useState<Form | null>(null);
  const [error, setError] = useState<unknown>(null);
  const take = async (form: Form) => {
    setBusy(form);
    setError(null);
    try {
      await save(tenant, query, form);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(null);
    }
  };
  return (
    <>
      <Group gap={6} my={6}>
        {FORMS.map((form) => (
          <Button
            key={form}
            data-do={`save-${form}`}
            variant={form === "zip" ? "light" : "default"}
            leftSection={<IconDownload size={14} />}
            loading={busy === form}
            onClick={() => void take(form)}
          >
            {t(`files.${form}`)}
          </Button>
        ))}
      </Group>
      {error ? <ProblemView error={error} /> : null}
    </>
  );
}
