/** Settings: what holds and whence, whether each address answers; images; this installation. */
import { Page } from "@ecp/ui/layout/Page";
import { useView } from "@ecp/ui/view/useView";
import { Tabs } from "@mantine/core";
import { hooks, useGiven } from "../../ask";
import { useT as useTitles } from "../../texts/texts";
import { About } from "./About";
import { General } from "./General";
import { Images } from "./Images";
import { useT } from "./words";

const PARTS = ["general", "images", "about"] as const;
const VIEW = { part: "general" };

export default function Settings() {
  const t = useT();
  const titles = useTitles();
  const given = useGiven();
  const [view, setView] = useView(VIEW);
  const stored = hooks.useQuery("get", "/api/v1/settings", given);
  const part = PARTS.find((one) => one === view.part) ?? "general";
  return (
    <Page title={titles("settings.title")} ask={stored}>
      {(data) => (
        <Tabs
          value={part}
          onChange={(chosen) => setView({ part: chosen ?? "general" })}
          keepMounted={false}
        >
          <Tabs.List mb="sm" aria-label={t("parts")}>
            {PARTS.map((name) => (
              <Tabs.Tab key={name} value={name}>
                {t(`part.${name}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={part}>
            {part === "general" && <General stored={data as never} />}
            {part === "images" && <Images />}
            {part === "about" && <About />}
          </Tabs.Panel>
        </Tabs>
      )}
    </Page>
  );
}
