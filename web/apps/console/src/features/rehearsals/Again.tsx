/** Once more: all of a rehearsal, which comes out the same; or one run with its assumptions varied. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Panel } from "@ecp/ui/layout/Panel";
import { useNavigate } from "@tanstack/react-router";
import { atOrchestrator, demoOf, headersOf, useGiven } from "../../ask";
import { worst } from "./figures";
import classes from "./rehearsals.module.css";
import type { Row, Run } from "./types";
import { useT } from "./words";

interface Wanted {
  readonly seed?: number;
  readonly variant?: string;
  readonly assumptions?: boolean;
}

function useAgain(id: number) {
  const given = useGiven();
  const navigate = useNavigate();
  return (wanted: Wanted, compared: boolean) => ({
    cli: [
      `ecp rehearsal again ${id}`,
      ...(wanted.seed === undefined ? [] : [`--seed ${wanted.seed}`]),
      ...(wanted.variant ? [`--variant ${quoted(wanted.variant)}`] : []),
      ...(wanted.assumptions ? ["--assumptions"] : []),
    ]
      .join(" ")
      .concat(demoOf(given)),
    curl: curl("POST", `/api/v1/rehearsals/${id}/again`, wanted, headersOf(given)),
    run: async () => {
      const { data, error } = await atOrchestrator.POST("/api/v1/rehearsals/{rehearsal_id}/again", {
        params: { path: { rehearsal_id: id } },
        body: wanted as never,
      });
      if (error) throw error;
      await navigate({
        to: "/rehearsals/$rehearsal",
        params: { rehearsal: String(data.rehearsal_id) } as never,
        ...(compared ? { search: { of: id } as never } : {}),
      });
    },
  });
}

export function Repeat({ row }: { row: Row }) {
  const t = useT();
  const again = useAgain(row.rehearsal_id);
  return <Mutation name="repeat-rehearsal" label={t("repeat")} {...again({}, true)} />;
}

/** One run with each assumed figure at its bounds. */
export function Vary({ id, seed, variant }: { id: number; seed: number; variant?: string }) {
  const t = useT();
  const again = useAgain(id);
  const wanted = { seed, ...(variant ? { variant } : {}), assumptions: true };
  return (
    <div className={classes.once}>
      <Mutation name="vary" label={t("tornado.vary", { seed })} {...again(wanted, false)} />
    </div>
  );
}

/** A campaign varies nothing but luck: its worst run can be. */
export function OfWorst({ id, runs }: { id: number; runs: readonly Run[] }) {
  const t = useT();
  const chosen = worst(runs, 1)[0];
  if (!chosen) return null;
  const { seed, variant } = chosen;
  return (
    <Panel title={t("tornado")}>
      <p className={classes.lead}>{t("tornado.many", { seed })}</p>
      <Vary id={id} seed={seed} variant={variant} />
    </Panel>
  );
}
