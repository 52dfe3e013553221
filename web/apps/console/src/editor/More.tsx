/** Shows some more of a long list. */
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { useT } from "./words";

export function More({
  step,
  left,
  name,
  onMore,
}: {
  /** How many come with one press. */
  step: number;
  /** How many are not shown; of none there is nothing to press. */
  left: number;
  name: string;
  onMore: () => void;
}) {
  const t = useT();
  const f = useFormat();
  return left > 0 ? (
    <Button size="compact-xs" variant="default" data-do={name} onClick={onMore}>
      {t("more", { count: f.number(Math.min(step, left)), left: f.number(left) })}
    </Button>
  ) : null;
}
