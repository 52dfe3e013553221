"""Alerts: rules over what is known of tenants, their life, silences, and who is told."""
