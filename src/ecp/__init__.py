"""ECP: rehearse a tenant's Kubernetes solution before it is deployed."""

__version__ = "0.1.0"
