import "@ecp/ui/styles";
import { Band } from "@ecp/ui/shell/Bands";
import { type Hit, start } from "@ecp/ui/shell/create";
import { usePreferences } from "@ecp/ui/view/preferences";
import { Link, useLocation } from "@tanstack/react-router";
import { Away } from "./Away";
import { atOrchestrator } from "./ask";
import { PAGES } from "./pages";
import { useTarget } from "./target";
import { useT } from "./texts/texts";
import { useWanted } from "./wanted";

/** Which cluster a release goes to: said on every page, in red where it is a real one. */
function Bands() {
  const t = useT();
  const { demo } = usePreferences();
  const target = useTarget();
  const { pathname } = useLocation();
  const [wanted] = useWanted();
  if (demo)
    return (
      <Band kind="demo">{wanted && pathname !== "/" && <Link to="/">{t("tour.back")}</Link>}</Band>
    );
  if (target.real) return <Band kind="real" name={target.name || t("target.unnamed")} />;
  return <Band kind="simulated" />;
}

function useElsewhere(): Hit | null {
  const t = useT();
  const { demo } = usePreferences();
  const { simulator } = useTarget();
  if (!simulator) return null;
  return { name: t("elsewhere.simulator"), to: demo ? `${simulator}/?cluster=demo` : simulator };
}

/** The palette's tenants: those with the words in id, name, owner or description. */
async function find(q: string): Promise<Hit[]> {
  const { data } = await atOrchestrator.GET("/api/v1/tenants/", {
    params: { query: { q, limit: 8, fields: "tenant_id,name,owner" } },
  });
  return (data?.tenants ?? []).map(({ tenant_id: id = "", name, owner }) => ({
    name: id,
    note: [name, owner].filter((word) => word && word !== id).join(" · "),
    to: `/tenants/${encodeURIComponent(id)}`,
  }));
}

const Both = () => (
  <>
    <Bands />
    <Away />
  </>
);

start({ name: "ECP", pages: PAGES, useT, demo: true, Bands: Both, find, useElsewhere });
