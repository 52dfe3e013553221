/**
 * Both services of ECP.
 *
 *     const ecp = orchestrator({ baseUrl: "http://localhost:8001", language: "ko" });
 *     const { data, error } = await ecp.GET("/api/v1/tenants/", { params: { query: { limit: 20 } } });
 *
 * `error` is the services' one error body: RFC 9457 and `error` with the same content.
 */
import createClient, { type Client, type ClientOptions } from "openapi-fetch";

import type {
  components as OrchestratorComponents,
  paths as OrchestratorPaths,
} from "./generated/orchestrator";
import type {
  components as SimulatorComponents,
  paths as SimulatorPaths,
} from "./generated/simulator";

export type { OrchestratorComponents, OrchestratorPaths, SimulatorComponents, SimulatorPaths };

interface Options extends ClientOptions {
  /** Where the service answers, as in http://localhost:8001. */
  baseUrl: string;
  /** In which language it speaks. */
  language?: "en" | "ko";
  /** The demo's own records and cluster. */
  demo?: boolean;
}

function given({ language, demo, headers, ...rest }: Options): ClientOptions {
  const ours: Record<string, string> = {};
  if (language) ours["Accept-Language"] = language;
  if (demo) ours["X-Demo-Mode"] = "true";
  return { ...rest, headers: { ...ours, ...(headers as Record<string, string> | undefined) } };
}

/** Return a client of the orchestrator (:8001). */
export function orchestrator(options: Options): Client<OrchestratorPaths> {
  return createClient<OrchestratorPaths>(given(options));
}

/** Return a client of the simulator (:6360). */
export function simulator(options: Options): Client<SimulatorPaths> {
  return createClient<SimulatorPaths>(given(options));
}
