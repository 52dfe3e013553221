"""Telemetry: the tenants' ledgers of slots and counts, closed minutes, service levels."""

from ecp.sim.telemetry.accounts import Accounts
from ecp.sim.telemetry.contract import AGREED
from ecp.sim.telemetry.ledger import Ledger
from ecp.sim.telemetry.minutes import Minute

__all__ = ["AGREED", "Accounts", "Ledger", "Minute"]
