/** Whether two rehearsals came out the same, byte for byte: said with the digest, or where not. */
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { Link } from "@tanstack/react-router";
import classes from "./rehearsals.module.css";
import type { Likeness } from "./types";
import { useAgainst } from "./useRehearsals";
import { useT } from "./words";

export function Same({ told, other }: { told: Likeness; other?: number }) {
  const t = useT();
  const { identical, digests, first_difference: found } = told;
  if (identical === null) return null;
  const name = other === undefined ? t("same.other") : `#${other}`;
  return (
    <p className={classes.same} role="status" data-identical={identical}>
      <StatusBadge
        state={identical ? "up" : "at_risk"}
        word={t(identical ? "same" : "same.not", { other: name })}
      />
      {identical ? (
        <code className="mono">{digests.first}</code>
      ) : (
        <>
          {found && (
            <span>
              {t("same.first")} <code className="mono">{found.path}</code>: {found.first} →{" "}
              {found.second}
            </span>
          )}
          {other !== undefined && (
            <Link to="/rehearsals/compare" search={{ first: other } as never}>
              {t("compare")}
            </Link>
          )}
        </>
      )}
    </p>
  );
}

/** A repetition beside what it repeats, once it is done. */
export function Repeated({ id, of, done }: { id: number; of: number; done: boolean }) {
  const t = useT();
  const against = useAgainst(of, id, done);
  if (!done) return <p className={classes.same}>{t("same.wait", { other: `#${of}` })}</p>;
  return against.data ? <Same told={against.data} other={of} /> : null;
}
