"""Clients of both services: `ecp.client.orchestrator`, `ecp.client.simulator`.

Each has a class to be called and one to be awaited; methods, bodies and answers are made from the
services' OpenAPI documents by `tools/make_api.py`, what sends them is in `transport`.
"""
