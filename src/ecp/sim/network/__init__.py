"""The cluster's network: names, Services, endpoints, policies; which pod answers a connection.

Pure functions over what is said (a Reader) and what is (the World).
"""

from ecp.sim.network.calls import Call, declared_calls
from ecp.sim.network.connect import Outcome, Ways, connect, ways, ways_to
from ecp.sim.network.endpoints import Endpoint, listed, service_port
from ecp.sim.network.names import Resolved, resolve
from ecp.sim.network.policy import Cut, Peer, cut_by, cut_from_names, peer_of

__all__ = [
    "Call",
    "Cut",
    "Endpoint",
    "Outcome",
    "Peer",
    "Resolved",
    "Ways",
    "connect",
    "cut_by",
    "cut_from_names",
    "declared_calls",
    "listed",
    "peer_of",
    "resolve",
    "service_port",
    "ways",
    "ways_to",
]
