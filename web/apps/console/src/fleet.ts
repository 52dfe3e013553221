/** All tenants as they stand: what the first page is about. */
import { type Given, given, hooks } from "./ask";

/** More than anybody looks through on one page. */
const MOST = 500;

export const FLEET = "/api/v1/simulator/status";
export const fleet = (by: Given) => ({ ...by, params: { query: { limit: MOST } } });

/** The question, asked before anything is drawn. */
export function fleetOf() {
  return hooks.queryOptions("get", FLEET, fleet(given()));
}
