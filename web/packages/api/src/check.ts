/** What the types promise: this file is compiled, never run. */
import { orchestrator, simulator } from "./index";

async function promises(): Promise<void> {
  const ecp = orchestrator({ baseUrl: "http://localhost:8001", language: "ko", demo: true });
  const list = await ecp.GET("/api/v1/tenants/", { params: { query: { limit: 20 } } });
  const id: string | undefined = list.data?.tenants?.[0]?.tenant_id;

  const judged = await ecp.POST("/api/v1/tenants/validate-manifest", {
    body: { manifest_content: "kind: Namespace", target_simulator: true },
  });
  const valid: boolean | undefined = judged.data?.valid;
  const code: string | undefined = judged.error?.error.code;

  // @ts-expect-error there is no such call
  await ecp.GET("/api/v1/tenant/");
  // @ts-expect-error a tenant needs an id
  await ecp.POST("/api/v1/tenants/", { body: { name: "no id" } });
  // @ts-expect-error a path needs its parts
  await ecp.GET("/api/v1/tenants/{tenant_id}", {});
  // @ts-expect-error an id is text
  const wrong: number | undefined = list.data?.tenants?.[0]?.tenant_id;

  const cluster = simulator({ baseUrl: "http://localhost:6360" });
  await cluster.POST("/api/v1/clusters/{name}/clock", {
    params: { path: { name: "default" } },
    body: { action: "warp", to: "+10m" },
  });
  void [id, valid, code, wrong];
}
void promises;
