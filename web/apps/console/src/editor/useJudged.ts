/** A text judged while it is written. */
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { atOrchestrator, useGiven } from "../ask";
import { findingsOf } from "./findings";

export const VALIDATE = "/api/v1/tenants/validate-manifest";
const PAUSE_MS = 400;

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
    queryKey: ["validate", settled, strict, given],
    enabled: settled.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST(VALIDATE, { body });
      if (error) throw error;
      return data;
    },
  });
  const isEmpty = text.trim() === "";
  const answer = isEmpty ? undefined : asked.data;
  const findings = useMemo(() => findingsOf(answer), [answer]);
  /** The answer is of another text than the one that is written. */
  const stale = !isEmpty && (text !== settled || asked.isPlaceholderData);
  return { asked, answer, findings, stale, isEmpty, body };
}
export type Judged = ReturnType<typeof useJudged>;
