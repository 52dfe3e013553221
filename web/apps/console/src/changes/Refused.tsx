/** That validation refuses a manifest: what a deploy would be answered, with where it is mended. */
import { useFormat } from "@ecp/ui/view/format";
import { IconAlertCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type Finding, said } from "../editor/findings";
import classes from "./changes.module.css";
import { useT } from "./words";

/** Return for what a dry run was refused; null: it was not, or for something else. */
export function refusal(error: unknown): readonly Finding[] | null {
  const told = (error as { error?: { code?: string; details?: readonly Finding[] } } | null)?.error;
  return told?.code === "MANIFEST_INVALID" ? (told.details ?? []) : null;
}

export function Refused({
  tenant,
  digest,
  findings,
}: {
  tenant: string;
  /** Of the manifest; without: the newest. */
  digest?: string;
  findings: readonly Finding[];
}) {
  const t = useT();
  const f = useFormat();
  return (
    <div className={classes.refused} data-refused>
      <strong>
        <IconAlertCircle size={16} aria-hidden /> {t("refused")}
      </strong>
      <ul>
        {findings.map((one) => (
          <li key={`${one.rule} ${one.line} ${one.message}`}>
            {said(one, f.language)}
            {one.remedy && <p>→ {one.remedy}</p>}
            {one.object?.kind && (
              <Link
                to="/tenants/$tenant/manifest"
                params={{ tenant } as never}
                search={
                  {
                    ...(digest ? { version: digest } : {}),
                    at: `${one.object.kind.toLowerCase()}/${one.object.name}:${one.path ?? ""}`,
                  } as never
                }
              >
                {t("refused.at", { object: `${one.object.kind} ${one.object.name}` })}{" "}
                <code>{one.path}</code>
              </Link>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
