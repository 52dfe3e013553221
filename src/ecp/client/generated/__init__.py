"""The calls of both services.

generated, do not edit: .venv/bin/python tools/make_api.py
"""
