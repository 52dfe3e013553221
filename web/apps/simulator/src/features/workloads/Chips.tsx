/** One of several to be chosen, with how many there are of each. */
import { STATES, type State } from "@ecp/ui/status/states";
import { useFormat } from "@ecp/ui/view/format";
import { Button } from "@mantine/core";
import { useT } from "./words";

export interface Chip {
  readonly value: string;
  readonly count: number;
  readonly state?: State;
}

export function Chips({
  label,
  of,
  chosen,
  onChoose,
}: {
  label: string;
  of: readonly Chip[];
  chosen: string;
  onChoose: (value: string) => void;
}) {
  const t = useT();
  const f = useFormat();
  return (
    <div role="group" aria-label={label}>
      <Button.Group>
        {[{ value: "", count: of.reduce((sum, one) => sum + one.count, 0) }, ...of].map(
          (chip: Chip) => {
            const Icon = chip.state && STATES[chip.state].icon;
            return (
              <Button
                key={chip.value}
                size="xs"
                variant={chosen === chip.value ? "light" : "default"}
                aria-pressed={chosen === chip.value}
                data-chip={chip.value || "all"}
                leftSection={Icon && <Icon size={13} aria-hidden />}
                onClick={() => onChoose(chosen === chip.value ? "" : chip.value)}
              >
                {chip.value || t("all")} {f.number(chip.count)}
              </Button>
            );
          },
        )}
      </Button.Group>
    </div>
  );
}
