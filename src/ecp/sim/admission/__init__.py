"""What the API server adds to or refuses of an object between decoding and storing it."""

from ecp.sim.admission.pods import PodAdmission, qos_class
from ecp.sim.admission.services import Addresses

__all__ = ["Addresses", "PodAdmission", "qos_class"]
