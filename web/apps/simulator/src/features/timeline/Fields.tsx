/** Fields that differ, before and after. */
import classes from "./timeline.module.css";
import type { FieldRow } from "./useHistory";
import { useT } from "./words";

const shown = (value: unknown): string =>
  value === null || value === undefined
    ? "–"
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

export function Fields({ rows, more }: { rows: readonly FieldRow[]; more: number }) {
  const t = useT();
  if (rows.length === 0) return <p className="dim">{t("fields.none")}</p>;
  return (
    <>
      <table className={classes.fields}>
        <thead>
          <tr>
            <th>{t("fields")}</th>
            <th>{t("before")}</th>
            <th>{t("after")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path}>
              <td className="mono">{row.path || "."}</td>
              <td>
                <del>{shown(row.before)}</del>
              </td>
              <td>
                <ins>{shown(row.after)}</ins>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="dim">{t("fields.more", { count: more })}</p>}
    </>
  );
}
