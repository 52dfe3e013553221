"""Who asks a cluster and what they may: users and tokens, roles and bindings. Pure."""

from ecp.sim.access.access import ALWAYS_ALLOW, MODES, RBAC, Access
from ecp.sim.access.grants import CLUSTER_ROLES
from ecp.sim.access.rules import Asked
from ecp.sim.access.tokens import InvalidToken
from ecp.sim.access.users import ADMIN, User

__all__ = [
    "ADMIN",
    "ALWAYS_ALLOW",
    "CLUSTER_ROLES",
    "MODES",
    "RBAC",
    "Access",
    "Asked",
    "InvalidToken",
    "User",
]
