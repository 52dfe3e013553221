/** A new tenant in four steps: load → size and cost → manifest → validate and deploy. */
import { useView } from "@ecp/ui/view/useView";
import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useT as useConsoleT } from "../../texts/texts";
import { type Choice, problemsOf, STEPS, type Step, VIEW } from "./choice";
import { Deploy } from "./Deploy";
import { Load } from "./Load";
import { Size } from "./Size";
import { Text } from "./Text";
import { useName } from "./useName";
import classes from "./wizard.module.css";
import { useT } from "./words";

export interface StepProps {
  readonly choice: Choice;
  readonly choose: (change: Partial<Choice>) => void;
}
const PARTS = { load: Load, size: Size, manifest: Text, deploy: Deploy } satisfies Record<
  Step,
  React.ComponentType<StepProps>
>;

export default function Wizard() {
  const t = useT();
  const c = useConsoleT();
  const navigate = useNavigate();
  const [choice, choose] = useView(VIEW);
  const { taken } = useName(choice);
  const complete = !taken && Object.keys(problemsOf(choice)).length === 0;
  const asked = STEPS.find((one) => one === choice.step) ?? "load";
  const step = complete ? asked : "load";
  const index = STEPS.indexOf(step);
  const Part = PARTS[step];
  const part = useRef<HTMLDivElement>(null);
  // How its release goes takes the place of the last step.
  const place = `${step} ${choice.release}`;
  const shown = useRef(place);
  useEffect(() => {
    // Who went on goes on in the new step, not after it.
    if (shown.current !== place) part.current?.focus({ preventScroll: true });
    shown.current = place;
  }, [place]);
  const before = STEPS[index - 1];
  const after = STEPS[index + 1];
  const go = (next: Step) => {
    // A step is a place to come back to: not as what is typed, which replaces its address.
    void navigate({ to: ".", search: ((old: object) => ({ ...old, step: next })) as never });
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <h1 className={classes.title}>{c("wizard.title")}</h1>
      <nav aria-label={t("steps")}>
        <ol className={classes.steps}>
          {STEPS.map((one, place) => (
            <li key={one}>
              <button
                type="button"
                data-step={one}
                data-done={place < index || undefined}
                aria-current={one === step ? "step" : undefined}
                disabled={!complete && one !== "load"}
                onClick={() => go(one)}
              >
                <b>{place + 1}</b> {t(`step.${one}`)}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div ref={part} tabIndex={-1} className={classes.part}>
        <Part choice={choice} choose={choose} />
      </div>
      <div className={classes.ways}>
        {before && !choice.release && (
          <Button variant="default" onClick={() => go(before)}>
            {t("back")}
          </Button>
        )}
        {after && (
          <Button data-do="next" disabled={!complete} onClick={() => go(after)}>
            {t("next", { step: t(`step.${after}`) })}
          </Button>
        )}
      </div>
    </>
  );
}
