"""Audit: who did what, when, from where, to which tenant and cluster, and what came of it."""
