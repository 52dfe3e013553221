"""`uvicorn app.main:app --host 0.0.0.0 --port 8001 --reload`, as the integration guide has it."""

from ecp.orchestrator.app import create_app

app = create_app()
