// `npm start`, as the integration guide has it: port 6370 shows what the simulator serves.
import { forward } from "../../frontend/forward.mjs";

forward({
  port: Number(process.env.PORT || process.env.ECP_SIMULATOR_FRONTEND_PORT || 6370),
  to: process.env.K8S_SIMULATOR_URL || "http://127.0.0.1:6360",
  hint: "cd k8s-simulator/backend && uvicorn main:app --port 6360",
});
