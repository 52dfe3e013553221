"""Releases: one bundle sent to one cluster for one tenant, step by durable step."""
