/** Where somebody was last, kept in this browser; the palette shows it first. */
import { local } from "../view/storage";

export interface Visit {
  readonly to: string;
  readonly name: string;
}

const KEY = "ecp.recent";
const MOST = 6;

export function recent(app: string): Visit[] {
  try {
    const found: unknown = JSON.parse(local.getItem(`${KEY}:${app}`) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => one?.to && one?.name) : [];
  } catch {
    return [];
  }
}

export function visited(app: string, visit: Visit): void {
  const others = recent(app).filter((one) => one.to !== visit.to);
  local.setItem(`${KEY}:${app}`, JSON.stringify([visit, ...others].slice(0, MOST)));
}
