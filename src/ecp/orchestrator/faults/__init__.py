"""Faults on a tenant of a live cluster."""
