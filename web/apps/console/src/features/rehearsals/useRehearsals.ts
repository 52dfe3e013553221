/** What the pages of rehearsals ask for. */
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, EVERY_MS, hooks, useGiven } from "../../ask";
import { AT_WORK } from "./State";
import type { Against, Course, Report, Row, Runs } from "./types";

const NEVER = { staleTime: Number.POSITIVE_INFINITY };
const OFTEN_MS = 1500;

export function useRehearsals() {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/rehearsals",
    { ...given, params: { query: { limit: 200 } } },
    { refetchInterval: EVERY_MS },
  );
  return { ...asked, rows: (asked.data?.rehearsals ?? []) as unknown as readonly Row[] };
}

/** One rehearsal: asked for often while it is at work. */
export function useRehearsal(id: number) {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/rehearsals/{rehearsal_id}",
    { ...given, params: { path: { rehearsal_id: id } } },
    {
      refetchInterval: (query) =>
        AT_WORK.has(String(query.state.data?.state)) ? OFTEN_MS : EVERY_MS * 2,
    },
  );
  return { ...asked, row: asked.data as unknown as Row | undefined };
}

/** The runs so far; asked for again as more of them are done. */
export function useRuns(id: number, done: number, state: string) {
  const given = useGiven();
  return useQuery({
    queryKey: ["rehearsals", id, "runs", done, state, given],
    ...NEVER,
    placeholderData: (before: Runs | undefined) => before,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.GET("/api/v1/rehearsals/{rehearsal_id}/runs", {
        params: { path: { rehearsal_id: id } },
      });
      if (error) throw error;
      return data as unknown as Runs;
    },
  });
}

/** The report, once there is one. */
export function useReport(id: number, done: boolean) {
  const given = useGiven();
  return useQuery({
    queryKey: ["rehearsals", id, "report", given],
    enabled: done,
    ...NEVER,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.GET("/api/v1/rehearsals/{rehearsal_id}/report", {
        params: { path: { rehearsal_id: id }, query: { format: "json" } },
      });
      if (error) throw error;
      return data as unknown as Report;
    },
  });
}

/** What happened in one run; null: nothing was kept of it, or nothing ran. */
export function useCourse(id: number, done: boolean) {
  const given = useGiven();
  return useQuery({
    queryKey: ["rehearsals", id, "course", given],
    enabled: done,
    ...NEVER,
    retry: false,
    queryFn: async () => {
      const { data, error, response } = await atOrchestrator.GET(
        "/api/v1/rehearsals/{rehearsal_id}/course",
        { params: { path: { rehearsal_id: id } } },
      );
      if (response.status === 404) return null;
      if (error) throw error;
      return data as unknown as Course;
    },
  });
}

/** Two beside one another. */
export function useAgainst(first: number, second: number, enabled = true) {
  const given = useGiven();
  const asked = hooks.useQuery(
    "get",
    "/api/v1/rehearsals/{rehearsal_id}/against/{other_id}",
    { ...given, params: { path: { rehearsal_id: first, other_id: second } } },
    { enabled },
  );
  return { ...asked, data: asked.data as unknown as Against | undefined };
}
