"""Telemetry: the tenants' ledgers of slots and counts, closed minutes, service levels."""

from ecp.sim.telemetry.accounts import Accounts
from ecp.sim.telemetry.ledger import Ledger
from ecp.sim.telemetry.minutes import Minute
from ecp.slo.contract import AGREED

__all__ = ["AGREED", "Accounts", "Ledger", "Minute"]
