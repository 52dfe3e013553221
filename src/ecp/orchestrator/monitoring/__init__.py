"""Figures of tenants over time: statistics, tenants beside one another, business metrics."""
