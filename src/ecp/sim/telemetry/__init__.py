"""Telemetry: the tenants' ledgers of slots and counts, closed minutes, service levels."""

from ecp.sim.telemetry.accounts import Accounts, Ledger, Minute

__all__ = ["Accounts", "Ledger", "Minute"]
