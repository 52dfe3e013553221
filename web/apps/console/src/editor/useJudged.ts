/** A text judged while it is written. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { atOrchestrator, useGiven } from "../ask";
import { findingsOf } from "./findings";

export const VALIDATE = "/api/v1/tenants/validate-manifest";
const PAUSE_MS = 400;
/** The cluster, which has room or none, and the settings change meanwhile. */
const FRESH_MS = 10_000;

/** Short names of the texts judged last: a key is written out at every rendering, and a text may have
 * a megabyte. */
const names = new Map<string, number>();
const MOST = 8;
let count = 0;

function nameOf(text: string): number {
  const name = names.get(text) ?? count++;
  names.delete(text);
  names.set(text, name);
  for (const [oldest] of names) if (names.size > MOST) names.delete(oldest);
  return name;
}

/** Ask what the API server would say of *text*. For no tenant: a valid one would be kept for its
 * next deploy, and this is a draft. */
export function useJudged(text: string, strict?: boolean) {
  const given = useGiven();
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const body = {
    manifest_content: settled,
    ...(strict === undefined ? {} : { strict_validation: strict }),
  };
  const asked = useQuery({
    queryKey: ["validate", useMemo(() => nameOf(settled), [settled]), strict, given],
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: true,
    queryFn: async ({ signal }) => {
      const { data, error } = await atOrchestrator.POST(VALIDATE, { body, signal });
      if (error) throw error;
      return data;
    },
  });
  const isEmpty = text.trim() === "";
  const answer = isEmpty ? undefined : asked.data;
  const findings = useMemo(() => findingsOf(answer), [answer]);
  /** The answer is of another text than the one that is written. */
  const stale = !isEmpty && (text !== settled || asked.isPlaceholderData);
  return { asked, answer, findings, stale, isEmpty, strict, verdict: verdictOf(answer, stale) };
}

/** What would become of the text: nobody knows yet, the server refuses it, a deploy does since it
 * would not run, or it is taken. */
function verdictOf(
  answer: { valid?: boolean; deployable?: boolean } | undefined,
  stale: boolean,
): "waiting" | "refused" | "broken" | "taken" {
  if (!answer || stale) return "waiting";
  if (!answer.valid) return "refused";
  return answer.deployable ? "taken" : "broken";
}
export type Judged = ReturnType<typeof useJudged>;
