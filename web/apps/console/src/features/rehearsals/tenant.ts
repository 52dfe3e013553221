/** Whose demand a scenario has, told by its namespace. Pure. */
import type { Variant } from "./types";

const USUAL = "-ecp-ai";

export function tenantOf(variant: Variant | undefined): string | undefined {
  const namespace = variant?.demand?.namespace;
  return namespace?.endsWith(USUAL) ? namespace.slice(0, -USUAL.length) : undefined;
}
