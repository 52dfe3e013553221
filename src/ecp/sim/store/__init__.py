"""What is *said*: objects, versions, the change log and its watch window. Knows no clock."""

from ecp.sim.store.roots import Roots
from ecp.sim.store.store import Change, Expired, Key, Obj, Objects, Store, Stored

__all__ = ["Change", "Expired", "Key", "Obj", "Objects", "Roots", "Store", "Stored"]
