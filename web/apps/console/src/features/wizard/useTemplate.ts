/** The manifest that the choices generate, and what has been written over it. */
import { useQuery } from "@tanstack/react-query";
import { atOrchestrator, useGiven } from "../../ask";
import { useDraft } from "../../editor/kept";
import { bodyOf, type Choice } from "./choice";

interface Preview {
  readonly namespace: string;
  readonly manifest_content: string;
}

export function useTemplate(choice: Choice) {
  const given = useGiven();
  const body = bodyOf(choice);
  const asked = useQuery({
    queryKey: ["preview", body, given],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const { data, error } = await atOrchestrator.POST("/api/v1/tenants/preview-manifest", {
        body: body as never,
      });
      if (error) throw error;
      return data as unknown as Preview;
    },
  });
  const base = asked.data?.manifest_content;
  const [draft, setDraft] = useDraft(`new.${JSON.stringify(body)}`, base);
  return { asked, base, draft, setDraft, text: draft ?? base ?? "" };
}
