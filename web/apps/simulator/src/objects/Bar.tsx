/** How much of something is requested and used. */
import { useFormat } from "@ecp/ui/view/format";
import { useCallback } from "react";
import classes from "./objects.module.css";
import { useT } from "./words";

export const RESOURCES = ["cpu", "memory", "nvidia.com/gpu", "pods"] as const;
export type Resource = (typeof RESOURCES)[number];

/** Return how an amount of a resource is said: cpu in millicores, memory in bytes. */
export function useAmount(): (resource: string, value: number | undefined) => string {
  const f = useFormat();
  return useCallback(
    (resource, value) => {
      if (resource === "cpu") return f.cores(value);
      if (resource === "memory" || resource.includes("storage")) return f.bytes(value);
      return f.number(value);
    },
    [f],
  );
}

export function Bar({
  resource,
  total,
  requested,
  used,
  words = true,
}: {
  resource: Resource;
  total: number;
  requested: number;
  used?: number | undefined;
  words?: boolean;
}) {
  const t = useT();
  const amount = useAmount();
  const part = (value: number) => `${total ? Math.min(100, (100 * value) / total) : 0}%`;
  const said = {
    what: t(resource),
    requested: amount(resource, requested),
    used: used === undefined ? "–" : amount(resource, used),
    total: amount(resource, total),
  };
  return (
    <span className={classes.bar} title={t("bar.say", said)}>
      {words ? (
        <span>
          <b>{said.what}</b> {t("bar.requested", said)}
          {used !== undefined && <span className="dim">, {t("bar.used", said)}</span>}
        </span>
      ) : (
        <span className="dim">
          {said.requested} / {said.total}
        </span>
      )}
      <span className={classes.track} aria-hidden>
        <i style={{ width: part(requested) }} />
        {used !== undefined && <i style={{ width: part(used) }} />}
      </span>
    </span>
  );
}
