/** Typed calls as hooks: one client a service, asked again every few seconds where that is wished. */
import { orchestrator, simulator } from "@ecp/api";
import createHooks from "openapi-react-query";
import { preferences } from "../view/preferences";

/** Language and demo as they are when a call is made. */
const ours = {
  onRequest({ request }: { request: Request }) {
    const { language, demo } = preferences();
    request.headers.set("Accept-Language", language);
    if (demo) request.headers.set("X-Demo-Mode", "true");
    return request;
  },
};

export const atOrchestrator = orchestrator({ baseUrl: "" });
atOrchestrator.use(ours);
export const atSimulator = simulator({ baseUrl: "" });
atSimulator.use(ours);

export const orchestratorHooks = createHooks(atOrchestrator);
export const simulatorHooks = createHooks(atSimulator);
