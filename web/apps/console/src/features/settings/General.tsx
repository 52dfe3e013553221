/** The guide's settings: each with what it is for, what holds and whence; saved and tested. */
import { curl, Mutation } from "@ecp/ui/actions/Mutation";
import { Columns } from "@ecp/ui/layout/Page";
import { Panel } from "@ecp/ui/layout/Panel";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { atOrchestrator, headersOf, hooks, useGiven } from "../../ask";
import { Field } from "./Field";
import {
  type Changed,
  commandOf,
  fits,
  type Held,
  type Name,
  PARTS,
  toStore,
  toTry,
  type Value,
} from "./fields";
import classes from "./settings.module.css";
import { type Attempt, Tried } from "./Tried";
import { useT } from "./words";

export function General({ stored }: { stored: Readonly<Record<string, Value>> }) {
  const t = useT();
  const given = useGiven();
  const queries = useQueryClient();
  const effective = hooks.useQuery("get", "/api/v1/settings/effective", given);
  const [changed, setChanged] = useState<Changed>({});
  const [tried, setTried] = useState<readonly Attempt[] | null>(null);
  const held = (effective.data?.settings ?? []) as unknown as readonly Held[];
  const shown: Record<string, Value> = { ...stored, ...changed };
  const body = toStore(held, changed);
  const count = Object.keys(changed).length;
  const wrong = Object.entries(changed).some(([name, value]) => !fits(name as Name, value));
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
            onChange={(value) => setChanged((old) => ({ ...old, [name]: value }))}
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
