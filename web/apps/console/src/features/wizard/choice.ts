/** What has been chosen for a new tenant, as its address says it, and what follows from it. Pure. */
import { quoted } from "@ecp/ui/actions/quoted";

export const SERVICES = ["callbot", "chatbot", "advisor", "stt", "tts", "ta", "qa"] as const;
export type Service = (typeof SERVICES)[number];
export const STEPS = ["load", "size", "manifest", "deploy"] as const;
export type Step = (typeof STEPS)[number];

/** All of it is in the address: a reload loses nothing. */
export const VIEW = {
  step: "load",
  id: "",
  name: "",
  callbot: 0,
  chatbot: 0,
  advisor: 0,
  stt: 0,
  tts: 0,
  ta: 0,
  qa: 0,
  provider: "iaas",
  gpu: "",
  infra: "dedicated",
  sla: 99.5,
  diff: false,
  release: "",
};
export type Choice = {
  readonly [K in keyof typeof VIEW]: (typeof VIEW)[K] extends string
    ? string
    : (typeof VIEW)[K] extends number
      ? number
      : boolean;
};

const MOST = 100_000;

export type Problem = "id.missing" | "id.form" | "load.none" | "load.range" | "sla.range";

/** Return what is wrong with a choice, by its field; nobody has been asked for it. */
export function problemsOf(
  choice: Choice,
): Partial<Record<"id" | "load" | "sla" | Service, Problem>> {
  const found: ReturnType<typeof problemsOf> = {};
  if (!choice.id) found.id = "id.missing";
  else if (!/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/.test(choice.id)) found.id = "id.form";
  if (SERVICES.every((service) => !choice[service])) found.load = "load.none";
  for (const service of SERVICES) {
    const count = choice[service];
    if (!Number.isInteger(count) || count < 0 || count > MOST) found[service] = "load.range";
  }
  if (!(choice.sla >= 0 && choice.sla < 100)) found.sla = "sla.range";
  return found;
}

export function countersOf(choice: Choice): Partial<Record<Service, number>> {
  return Object.fromEntries(
    SERVICES.filter((service) => choice[service] > 0).map((service) => [service, choice[service]]),
  );
}

/** Return the body that creates the tenant, and that previews its manifest. */
export function bodyOf(choice: Choice) {
  return {
    tenant_id: choice.id,
    ...(choice.name ? { name: choice.name } : {}),
    service_requirements: countersOf(choice),
    sla_target: choice.sla,
    cloud_provider: choice.provider,
    ...(choice.gpu ? { gpu_type: choice.gpu } : {}),
  };
}

/** Return the commands that do the same; null: the command line has no word for one of the choices. */
export function cliOf(choice: Choice, more: string): string | null {
  if (choice.gpu || choice.provider !== VIEW.provider) return null;
  const counters = Object.entries(countersOf(choice)).map(([name, count]) => `--${name} ${count}`);
  const named = choice.name ? ` --name ${quoted(choice.name)}` : "";
  return `ecp tenant create ${choice.id} ${counters.join(" ")} --sla ${choice.sla}${named}${more}`;
}
