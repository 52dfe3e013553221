"""Workloads: what is known about images and services. Pure; imports only the vocabulary."""

from ecp.kube.durations import InvalidDuration
from ecp.kube.durations import parse as duration
from ecp.workloads.images import ImageFacts, InvalidImageName, facts, full_name, image_id

__all__ = [
    "ImageFacts",
    "InvalidDuration",
    "InvalidImageName",
    "duration",
    "facts",
    "full_name",
    "image_id",
]
