/** What is shown where there is no page, and where one broke; the shell stays. */
import { Button, Code, Group } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { Empty } from "../layout/Empty";
import layout from "../layout/layout.module.css";
import { told } from "../layout/ProblemView";
import { useUi } from "../texts/texts";

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
  // Another version was installed: its parts have other names.
  const outdated = /dynamically imported module|Importing a module script/.test(message);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address is another page
  useEffect(() => reset, [href]);
  return (
    <>
      <div className={layout.head}>
        <h1>{u("broken")}</h1>
      </div>
      <div className={layout.problem} role="alert">
        <h3>{u(outdated ? "broken.outdated" : "broken.say")}</h3>
        <Code block>{message}</Code>
        {request && (
          <p>
            {u("problem.request")} <code>{request}</code>
          </p>
        )}
        {error instanceof Error && error.stack && (
          <details>
            <summary>{u("broken.where")}</summary>
            <Code block>{error.stack}</Code>
          </details>
        )}
        <Group mt="xs" gap="xs">
          <Button onClick={() => location.reload()}>{u("broken.reload")}</Button>
          {!outdated && (
            <Button variant="default" onClick={reset}>
              {u("problem.retry")}
            </Button>
          )}
        </Group>
      </div>
    </>
  );
}
