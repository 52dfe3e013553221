/** A page of one tenant: who it is, its four phases as they stand, its parts as links. */
import { Empty } from "@ecp/ui/layout/Empty";
import { Page } from "@ecp/ui/layout/Page";
import { told } from "@ecp/ui/layout/ProblemView";
import { LiveBadge, liveOf } from "@ecp/ui/live/LiveBadge";
import { StatusBadge } from "@ecp/ui/status/StatusBadge";
import { Button } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader2,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { STEPS, stateShown } from "../standing";
import { type Come, type Known, phases } from "./phases";
import classes from "./tenant.module.css";
import { useStatus, useTenant } from "./useTenant";
import { useT } from "./words";

/** Each part and its address below the tenant's. */
const PARTS = {
  overview: "",
  resources: "/resources",
  manifest: "/manifest",
  releases: "/releases",
  sla: "/sla",
  startup: "/startup",
} as const;
export type Part = keyof typeof PARTS;
const PART_OF = {
  validate: "manifest",
  deploy: "releases",
  sla: "sla",
  startup: "startup",
} as const;
const ICONS = {
  done: IconCircleCheck,
  now: IconLoader2,
  risky: IconAlertTriangle,
  bad: IconCircleX,
  waiting: IconCircleDashed,
} satisfies Record<Come, unknown>;

const to = (part: Part) => `/tenants/$tenant${PARTS[part]}` as never;

export function TenantPage({
  part,
  actions,
  children,
}: {
  part: Part;
  /** What can be done here, right of the title. */
  actions?: ReactNode;
  children: ReactNode;
}) {
  const t = useT();
  const tenant = useTenant();
  const status = useStatus(tenant);
  // Also where it was there a moment ago: somebody else deleted it, and nothing of it holds any more.
  const missing = told(status.error);
  if (missing && missing.code === "TENANT_NOT_FOUND")
    return (
      <Page title={tenant} ask={{ ...status, data: missing, error: null }}>
        {({ message }) => (
          <Empty
            say={message}
            action={
              <Button component={Link} to="/tenants" data-do="tenants">
                {t("missing.list")}
              </Button>
            }
          />
        )}
      </Page>
    );
  // The service answers, its cluster does not.
  const unseen = (status.data as { live?: boolean } | undefined)?.live === false;
  return (
    <Page
      title={tenant}
      badge={
        status.data && (
          <>
            <StatusBadge state={stateShown(status.data)} />
            <LiveBadge live={unseen ? { state: "connecting" } : liveOf(status)} />
          </>
        )
      }
      // Nothing can be done with a tenant that is not there.
      actions={status.data && actions}
      ask={status}
    >
      {(data) => (
        <>
          <Stepper tenant={tenant} known={data as unknown as Known} part={part} />
          <nav className={classes.parts} aria-label={t("parts")}>
            {(Object.keys(PARTS) as Part[]).map((one) => (
              <Link
                key={one}
                to={to(one)}
                params={{ tenant } as never}
                activeOptions={{ exact: true }}
                aria-current={one === part ? "page" : undefined}
                data-part={one}
              >
                {t(one)}
              </Link>
            ))}
          </nav>
          {children}
        </>
      )}
    </Page>
  );
}

/** 검증 → 배포 → SLA → 기동: each leads to the part that shows it. */
function Stepper({ tenant, known, part }: { tenant: string; known: Known; part: Part }) {
  const t = useT();
  const come = phases(known);
  return (
    <nav aria-label={t("phases")}>
      <ol className={classes.phases}>
        {STEPS.map((step, index) => {
          const Icon = ICONS[come[step]];
          return (
            <li key={step} data-come={come[step]} data-step={step}>
              <Link
                to={to(PART_OF[step])}
                params={{ tenant } as never}
                data-here={PART_OF[step] === part || undefined}
              >
                <Icon size={18} stroke={1.8} aria-hidden />
                <span>
                  <b>
                    {index + 1}. {t(`phase.${step}`)}
                  </b>
                  <small>{t(`come.${come[step]}`)}</small>
                </span>
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
