"""Tenants: who they are, what they need, what was kept of their manifests."""
