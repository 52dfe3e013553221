/** What is shown where there is no page, and where one broke; the shell stays. */
import { Button, Code, Group } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Empty } from "../layout/Empty";
import layout from "../layout/layout.module.css";
import { told } from "../layout/ProblemView";
import { useUi } from "../texts/texts";
import { isNotLoaded, reloadIfReplaced, reloadWhenBack } from "./parts";

export function Missing() {
  const u = useUi();
  const { pathname } = useLocation();
  return (
    <>
      <div className={layout.head}>
        <h1>{u("missing")}</h1>
      </div>
      <Empty
        say={u("missing.say")}
        sample={pathname}
        action={
          <Button component={Link} to="/">
            {u("missing.home")}
          </Button>
        }
      />
    </>
  );
}

/** *error*: what a page threw while it was drawn or loaded. */
export function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  const u = useUi();
  const { href } = useLocation();
  const found = told(error);
  const message = found?.message ?? (error instanceof Error ? error.message : String(error));
  const request = found?.request || (error as { requestId?: string } | null)?.requestId;
  const unloaded = isNotLoaded(error);
  useEffect(() => {
    if (!unloaded) return undefined;
    void reloadIfReplaced();
    return reloadWhenBack();
  }, [unloaded]);
  // Another address is another page.
  const broke = useRef(href);
  useEffect(() => {
    if (href !== broke.current) reset();
  }, [href, reset]);
  return (
    <>
      <div className={layout.head}>
        <h1>{u(unloaded ? "unloaded" : "broken")}</h1>
      </div>
      <div className={layout.problem} role="alert">
        <strong>{u(unloaded ? "unloaded.say" : "broken.say")}</strong>
        <Code block>{message}</Code>
        {request && (
          <p>
            {u("problem.request")} <code>{request}</code>
          </p>
        )}
        {!unloaded && error instanceof Error && error.stack && (
          <details>
            <summary>{u("broken.where")}</summary>
            <Code block>{error.stack}</Code>
          </details>
        )}
        <Group mt="xs" gap="xs">
          <Button onClick={() => location.reload()}>{u("broken.reload")}</Button>
          {!unloaded && (
            <Button variant="default" onClick={reset}>
              {u("problem.retry")}
            </Button>
          )}
        </Group>
      </div>
    </>
  );
}
