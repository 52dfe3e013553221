/** What this page shows, by CLI and by curl. */

import { Commands, curl } from "@ecp/ui/actions/Mutation";
import { quoted } from "@ecp/ui/actions/quoted";
import { Dialog } from "@ecp/ui/layout/over";
import { useUi } from "@ecp/ui/texts/texts";
import { ActionIcon } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTerminal2 } from "@tabler/icons-react";
import { headersOf, useGiven } from "../../ask";
import { useT } from "./words";

export function AsCommand({
  tenant,
  label,
  problems,
}: {
  tenant: string;
  label: string;
  problems: boolean;
}) {
  const t = useT();
  const u = useUi();
  const given = useGiven();
  const [opened, shown] = useDisclosure();
  const headers = headersOf(given);
  const cli = [
    `ecp tenant resources ${tenant}`,
    problems && "--problems",
    label && `-l ${quoted(label)}`,
    "X-Demo-Mode" in headers && "--demo",
  ];
  const asked = new URLSearchParams();
  if (problems) asked.set("problems", "true");
  if (label) asked.set("selector", label);
  const query = asked.size ? `?${asked}` : "";
  const path = `/api/v1/tenants/${encodeURIComponent(tenant)}/resources${query}`;
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        data-shows="resources"
        data-tip={t("command")}
        onClick={shown.open}
        aria-label={t("command")}
      >
        <IconTerminal2 size={16} stroke={1.6} />
      </ActionIcon>
      <Dialog
        opened={opened}
        onClose={shown.close}
        title={t("command")}
        size="lg"
        closeButtonProps={{ "aria-label": u("close") }}
      >
        <Commands
          cli={cli.filter(Boolean).join(" ")}
          curl={curl("GET", path, undefined, headers)}
        />
      </Dialog>
    </>
  );
}
