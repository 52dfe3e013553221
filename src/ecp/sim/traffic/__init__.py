"""Traffic: who asks the Services, and what comes of it, in slots of five seconds."""

from ecp.sim.traffic.blocks import SLOT, Block, SlotSink
from ecp.sim.traffic.flows import Flows
from ecp.sim.traffic.ledger import Ledger
from ecp.sim.traffic.probes import Prober

__all__ = ["SLOT", "Block", "Flows", "Ledger", "Prober", "SlotSink"]
