/** Saves a report of the service as a file, under the name that the service gives it. */
import { atOrchestrator } from "../../ask";

export const FORMS = ["html", "pdf", "csv", "json", "zip"] as const;
export type Form = (typeof FORMS)[number];

export interface Query {
  readonly period?: string;
  readonly from?: string;
  readonly to?: string;
  readonly month?: string;
  readonly revision?: number;
}

export async function save(tenant: string, query: Query, format: Form): Promise<void> {
  const { data, error, response } = await atOrchestrator.GET(
    "/api/v1/simulator/sla/{tenant_id}/report",
    { params: { path: { tenant_id: tenant }, query: { ...query, format } }, parseAs: "blob" },
  );
  if (error) throw error;
  const said = response.headers.get("content-disposition") ?? "";
  const url = URL.createObjectURL(data as unknown as Blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = /filename="([^"]+)"/.exec(said)?.[1] ?? `${tenant}.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}
