"""A shim for the guide's development command; the service is `ecp.orchestrator`."""
