/** Deploys what is kept; where that would change nothing, or be refused, it does not invite to it. */
import { useNext } from "../changes/useNext";
import { DeployButton } from "./DeployButton";

export function DeployNext({ tenant }: { tenant: string }) {
  const { data, error } = useNext(tenant);
  return <DeployButton tenant={tenant} quiet={Boolean(error) || data?.differs === false} />;
}
