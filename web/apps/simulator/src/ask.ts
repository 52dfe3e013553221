/** The simulator's calls as hooks, typed by path. */
import { atSimulator, simulatorHooks } from "@ecp/ui/ask/ask";

export { atSimulator };
export const EVERY_MS = 5000;
export const hooks = simulatorHooks;
