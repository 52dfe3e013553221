import "@ecp/ui/styles";
import { Band } from "@ecp/ui/shell/Bands";
import { start } from "@ecp/ui/shell/create";
import { usePreferences } from "@ecp/ui/view/preferences";
import { PAGES } from "./pages";
import { useTarget } from "./target";
import { useT } from "./texts/texts";

/** Which cluster a release goes to: said on every page, in red where it is a real one. */
function Bands() {
  const t = useT();
  const { demo } = usePreferences();
  const target = useTarget();
  if (demo) return <Band kind="demo" />;
  if (target.real) return <Band kind="real" name={target.name || t("target.unnamed")} />;
  return <Band kind="simulated" />;
}

start({ name: "ECP", pages: PAGES, useT, demo: true, Bands });
