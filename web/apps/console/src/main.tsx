import "@ecp/ui/styles";
import { Band } from "@ecp/ui/shell/Bands";
import { start } from "@ecp/ui/shell/create";
import { usePreferences } from "@ecp/ui/view/preferences";
import { hooks, useGiven } from "./ask";
import { PAGES } from "./pages";
import { useT } from "./texts/texts";

/** Which cluster a release goes to: said on every page, in red where it is a real one. */
function Bands() {
  const { demo } = usePreferences();
  const settings = hooks.useQuery("get", "/api/v1/settings", useGiven(), { staleTime: 30_000 });
  if (demo) return <Band kind="demo" />;
  const found = settings.data as
    | ({ settings?: Record<string, unknown> } & Record<string, unknown>)
    | undefined;
  const method = String(
    found?.settings?.deploymentMethod ?? found?.deploymentMethod ?? "k8s-simulator",
  );
  if (method !== "k8s-simulator") return <Band kind="real" name={method} />;
  return <Band kind="simulated" />;
}

start({ name: "ECP", pages: PAGES, useT, demo: true, Bands });
