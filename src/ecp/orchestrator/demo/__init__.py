"""The demo: tenants with a history that really happened, in warped time."""
