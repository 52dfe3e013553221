"""`uvicorn main:app --host 0.0.0.0 --port 6360 --reload`, as the integration guide has it."""

from ecp.simulator.app import create_app

app = create_app()
