/** The guide's settings: each with what it is for, what holds and whence; saved and tested. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { notify } from "@ecp/ui/shell/notices";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { useDraft } from "../../editor/kept";
import { Field } from "./Field";
import {
  type Changed,
  changedBy,
  commandOf,
  fits,
  type Held,
  type Name,
  PARTS,
  readChanges,
  toStore,
  toTry,
  type Value,
} from "./fields";
import classes from "./settings.module.css";
import { type Attempt, Tried } from "./Tried";
import { useT } from "./words";

/** Say, when somebody goes to another page, that what was changed is not saved and where it stays. */
function useLeaving(count: number) {
  const t = useT();
  const last = useRef({ count, t });
  useEffect(() => {
    last.current = { count, t };
  });
  useEffect(
    () => () => {
      const { count: left, t: say } = last.current;
      if (left > 0) notify(say("kept", { count: left }));
    },
    [],
  );
  useEffect(() => {
    if (count === 0) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [count]);
}

export function General({ stored }: { stored: Readonly<Record<string, Value>> }) {
  const t = useT();
  const given = useGiven();
  const queries = useQueryClient();
  const effective = hooks.useQuery("get", "/api/v1/settings/effective", given);
  // What is not saved yet stays in this tab, whatever page is looked at meanwhile.
  const draft = `settings.${given.headers["X-Demo-Mode"] ?? ""}`;
  const [written, write] = useDraft(draft, "{}");
  const changed = useMemo(() => readChanges(written), [written]);
  const setChanged = (next: Changed) => write(JSON.stringify(next));
  const [tried, setTried] = useState<readonly Attempt[] | null>(null);
  const held = (effective.data?.settings ?? []) as unknown as readonly Held[];
  const shown: Record<string, Value> = { ...stored, ...changed };
  const body = toStore(held, changed);
  const count = Object.keys(changed).length;
  const wrong = Object.entries(changed).some(([name, value]) => !fits(name as Name, value));
  useLeaving(count);
  const panel = (part: keyof typeof PARTS) => (
    <Panel title={t(part)}>
      <div className={classes.fields}>
        {PARTS[part].map((name) => (
          <Field
            key={name}
            name={name}
            held={held.find((one) => one.name === name)}
            value={shown[name] ?? ""}
            changed={name in changed}
            onChange={(value) => setChanged(changedBy(changed, name, value, stored))}
          />
        ))}
      </div>
    </Panel>
  );
  return (
    <>
      <Columns>
        {panel("kubernetes")}
        <div>
          {panel("monitoring")}
          {panel("audit")}
        </div>
      </Columns>
      <div className={classes.actions}>
        <Mutation
          label={t("save")}
          name="save"
          primary
          disabled={count === 0 || wrong || held.length === 0}
          cli={commandOf(changed, given.headers["X-Demo-Mode"] === "true")}
          curl={curl("PUT", "/api/v1/settings", body, headersOf(given))}
          run={async () => {
            const { error } = await atOrchestrator.PUT("/api/v1/settings", { body: body as never });
            if (error) throw error;
            await queries.invalidateQueries();
            setChanged({});
          }}
        />
        {count > 0 && (
          <>
            <Button variant="default" onClick={() => setChanged({})}>
              {t("reset")}
            </Button>
            <span role="status" data-changed>
              {t("changed", { count })}
            </span>
          </>
        )}
        <Mutation
          name="test"
          label={t("test")}
          cli={null}
          curl={curl("POST", "/api/v1/settings/test-connection", toTry(shown), headersOf(given))}
          run={async () => {
            const { data, error } = await atOrchestrator.POST("/api/v1/settings/test-connection", {
              body: toTry(shown) as never,
            });
            if (error) throw error;
            setTried((data.connections ?? []) as unknown as readonly Attempt[]);
          }}
        />
      </div>
      <Tried tried={tried} />
    </>
  );
}
