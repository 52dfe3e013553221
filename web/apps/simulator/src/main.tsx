import "@ecp/ui/styles";
import { Band } from "@ecp/ui/shell/Bands";
import { start } from "@ecp/ui/shell/create";
import { ClusterBar } from "./clock/ClusterBar";
import { PAGES } from "./pages";
import { useT } from "./texts/texts";

start({
  name: "ECP Simulator",
  pages: PAGES,
  useT,
  keep: ["cluster"],
  Bands: () => (
    <>
      <Band kind="simulated" />
      <ClusterBar />
    </>
  ),
});
