"""The orchestrator service on :8001. So far only its door: what is behind it comes next."""
