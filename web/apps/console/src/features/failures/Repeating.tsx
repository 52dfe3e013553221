/** What begins failures again and again, with its next time; each taken away by itself. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Panel } from "@ecp/ui/layout/Panel";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { useFormat } from "@ecp/ui/view/format";
import { IconTrash } from "@tabler/icons-react";
import { atOrchestrator, demoOf, headersOf, useGiven } from "../../ask";
import classes from "./failures.module.css";
import type { Repeated } from "./types";
import { useT } from "./words";

export function Repeating({
  rows,
  onDone,
}: {
  rows: readonly Repeated[];
  onDone: () => Promise<unknown>;
}) {
  const t = useT();
  const f = useFormat();
  return (
    <Panel title={t("repeating")} flush>
      <ul className={classes.rows}>
        {rows.map((one) => (
          <li key={`${one.namespace}/${one.name}`} data-repeating={one.name}>
            <StatusBadge state={one.paused ? "paused" : "planned"} word={said(one)} />
            <span>{one.title}</span>
            <code>{one.schedule}</code>
            <span className="mono">{whom(one)}</span>
            <span className="dim">{one.tenant_id ?? one.namespace}</span>
            {one.until && (
              <span className="dim">{t("repeating.until", { at: f.instant(one.until) })}</span>
            )}
            {one.tenant_id && <TakeAway of={one} tenant={one.tenant_id} onDone={onDone} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
  function said(one: Repeated): string {
    if (one.paused) return t("repeating.paused");
    return one.next_at ? t("repeating.next", { at: f.instant(one.next_at) }) : t("repeating.last");
  }
}

function TakeAway({
  of,
  tenant,
  onDone,
}: {
  of: Repeated;
  tenant: string;
  onDone: () => Promise<unknown>;
}) {
  const t = useT();
  const given = useGiven();
  const path = `/api/v1/simulator/failures/${tenant}/repeating/${of.name}`;
  return (
    <Mutation
      name="take-away"
      label={t("repeating.take-away")}
      icon={<IconTrash size={14} />}
      cli={`ecp fault stop ${quoted(of.name)} --tenant ${tenant}${demoOf(given)}`}
      curl={curl("DELETE", path, undefined, headersOf(given))}
      run={async () => {
        const { error } = await atOrchestrator.DELETE(
          "/api/v1/simulator/failures/{tenant_id}/repeating/{name}",
          { params: { path: { tenant_id: tenant, name: of.name } } },
        );
        if (error) throw error;
        await onDone();
      }}
    />
  );
}

/** Whom it hits: labels, pods, or a target by name. */
function whom(one: Repeated): string {
  const labels = Object.entries(one.selector?.labelSelectors ?? {}).map(([k, v]) => `${k}=${v}`);
  const pods = Object.values(one.selector?.pods ?? {}).flat();
  return [...labels, ...pods, ...(one.target ? [one.target] : [])].join(", ");
}
