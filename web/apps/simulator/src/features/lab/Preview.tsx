/** Whom an experiment would hit if it began now. */
import { offered } from "@ecp/ui/actions/target";
import { Empty } from "@ecp/ui/layout/Empty";
import { ProblemView, told } from "@ecp/ui/layout/ProblemView";
import { useFormat } from "@ecp/ui/view/format";
import { Button, Skeleton } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { atSimulator } from "../../ask";
import classes from "./lab.module.css";
import { useT } from "./words";

interface Reach {
  readonly targets: readonly string[];
  readonly pods: readonly string[];
  readonly nodes: Readonly<Record<string, unknown>> | readonly string[];
  readonly tenants: readonly string[];
  readonly services: readonly {
    readonly service: string;
    readonly ready: number;
    readonly hit: number;
    readonly percent: number;
  }[];
  readonly ready_endpoints_percent: number | null;
}

const EVERY_MS = 10_000;

export function Preview({
  cluster,
  asked,
  onChoose,
}: {
  cluster: string;
  /** The body of the call, as text. */
  asked: string;
  onChoose: (target: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  const preview = useQuery({
    queryKey: ["preview", cluster, asked],
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
    retry: false,
    queryFn: async () => {
      const { data, error } = await atSimulator.POST("/api/v1/clusters/{name}/faults/preview", {
        params: { path: { name: cluster } },
        body: JSON.parse(asked) as never,
      });
      if (error) throw error;
      return data as unknown as Reach;
    },
  });
  const choices = offered(preview.error);
  // Nobody chose a target, and there is none to choose.
  const bare =
    told(preview.error)?.code === "FAULT_REFUSED" &&
    choices.length === 0 &&
    !(JSON.parse(asked) as { target?: string }).target;
  const reach = preview.error ? undefined : preview.data;
  const nodes = reach ? (Array.isArray(reach.nodes) ? reach.nodes : Object.keys(reach.nodes)) : [];
  const worst = [...(reach?.services ?? [])].sort((a, b) => b.percent - a.percent);
  return (
    <section className={classes.preview} aria-label={t("preview")} data-list="preview">
      <header>
        <strong>{t("preview")}</strong> <span className="dim">{t("preview.say")}</span>
      </header>
      {bare ? (
        <Empty say={t("preview.bare")} sample="ecp deploy acme --wait" />
      ) : preview.error ? (
        <>
          <ProblemView error={preview.error} />
          {choices.length > 0 && (
            <div className={classes.choices}>
              {t("choices")}{" "}
              {choices.map((one) => (
                <Button key={one} size="compact-xs" variant="default" onClick={() => onChoose(one)}>
                  {one}
                </Button>
              ))}
            </div>
          )}
        </>
      ) : reach === undefined ? (
        <Skeleton height={54} />
      ) : reach.targets.length === 0 ? (
        <p>{t("preview.none")}</p>
      ) : (
        <>
          <dl className={classes.reach}>
            <div>
              <dt>{t("target")}</dt>
              <dd className="mono">{reach.targets.join(", ")}</dd>
            </div>
            <div>
              <dt>{t("preview.pods")}</dt>
              <dd title={reach.pods.join("\n")}>{f.number(reach.pods.length)}</dd>
            </div>
            <div>
              <dt>{t("preview.nodes")}</dt>
              <dd title={nodes.join("\n")}>{f.number(nodes.length)}</dd>
            </div>
            <div>
              <dt>{t("preview.tenants")}</dt>
              <dd>{reach.tenants.join(", ") || "–"}</dd>
            </div>
          </dl>
          {reach.pods.length === 0 && nodes.length === 0 && (
            <p className="dim">{t("preview.untouched")}</p>
          )}
          {worst.slice(0, 6).map((one) => (
            <div key={one.service} className={classes.share}>
              <span>
                {t("preview.service", { service: one.service, hit: one.hit, ready: one.ready })}
              </span>
              <meter
                min={0}
                max={100}
                low={34}
                high={67}
                optimum={0}
                value={one.percent}
                aria-label={`${t("preview.share")}: ${one.service}`}
              />
              <span>{f.percent(one.percent, 0)}</span>
            </div>
          ))}
        </>
      )}
    </section>
  );
}
