/** Whether the name of a new tenant is free. */
import { usePreferences } from "@ecp/ui/view/preferences";
import { useDebouncedValue } from "@mantine/hooks";
import { hooks, useGiven } from "../../ask";
import { kept } from "../../editor/kept";
import { type Choice, problemsOf } from "./choice";

const PAUSE_MS = 300;

/** Where it is kept that this tab has created a tenant whose deploy has not been taken yet. */
export const createdKey = (id: string, demo: boolean) => `created.${demo}.${id}`;

export function useName(choice: Choice) {
  const given = useGiven();
  const { demo } = usePreferences();
  const { id: wrong } = problemsOf(choice);
  const [id] = useDebouncedValue(choice.id, PAUSE_MS);
  const settled = id === choice.id && id !== "" && !wrong;
  const asked = hooks.useQuery(
    "get",
    "/api/v1/tenants/check-duplicate",
    { ...given, params: { query: { tenant_id: id } } },
    { enabled: settled, staleTime: 5000, retry: false },
  );
  const found = settled ? asked.data : undefined;
  const own = choice.release !== "" || kept(createdKey(choice.id, demo)) !== null;
  return {
    wrong,
    found,
    taken: found?.available === false && !own,
    error: settled ? asked.error : null,
  };
}
