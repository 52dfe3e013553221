/** What the tour looks at: the demo, whatever mode the pages are in. */
import { preferences, usePreferences } from "@ecp/ui/view/preferences";
import { useMemo, useRef } from "react";
import { EVERY_MS, given, hooks } from "../../ask";
import { FLEET, fleet } from "../../fleet";
import { type Failure, left, progress, type Standing } from "./tour";

export function useDemoGiven() {
  const { language } = usePreferences();
  return useMemo(() => given({ ...preferences(), language, demo: true }), [language]);
}

export function useTour() {
  const given = useDemoGiven();
  const often = { refetchInterval: EVERY_MS / 2 };
  const demo = hooks.useQuery("get", "/api/v1/demo", given, often);
  const there = demo.data?.state === "ready";
  const asked = { ...often, enabled: there };
  const status = hooks.useQuery("get", FLEET, fleet(given), asked);
  const failures = hooks.useQuery(
    "get",
    "/api/v1/simulator/failures",
    { ...given, params: { query: { limit: 50 } } },
    asked,
  );
  // By what something was asked is said by its User-Agent: "ecp/1.2.3".
  const commands = hooks.useQuery(
    "get",
    "/api/v1/audit",
    { ...given, params: { query: { q: "ecp/", outcome: "done", limit: 20 } } },
    asked,
  );
  const rows = (answer: unknown, name: string) =>
    ((answer as Record<string, unknown> | undefined)?.[name] ?? []) as never;
  const found = progress({
    tenants: (status.data?.tenants ?? []) as readonly Standing[],
    failures: rows(failures.data, "failures") as readonly Failure[],
    commands: rows(commands.data, "entries"),
  });
  const share = demo.data?.progress ?? 0;
  const first = useRef<{ share: number; atMs: number } | null>(null);
  if (demo.data?.state !== "making") first.current = null;
  else first.current ??= { share, atMs: Date.now() };
  return {
    demo,
    heard: status.data !== undefined,
    progress: found,
    share,
    left: first.current && left(first.current, share, Date.now()),
    refetch: () => Promise.all([demo.refetch(), status.refetch(), failures.refetch()]),
  };
}
