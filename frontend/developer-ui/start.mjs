// `npm start`, as the integration guide has it: port 3000 shows what the orchestrator serves.
import { forward } from "../forward.mjs";

forward({
  port: Number(process.env.PORT || process.env.ECP_FRONTEND_PORT || 3000),
  to: process.env.ECP_BACKEND_URL || "http://127.0.0.1:8001",
  hint: "cd backend && uvicorn app.main:app --port 8001",
});
