"""Manifests: a tenant's specification and size become objects and YAML. Pure.

`TenantSpec` is checked once, when it is made; `generate(spec, sizing)` returns a `Bundle`.
"""

from ecp.manifests.bundle import Bundle
from ecp.manifests.generate import ALL, KNOWN, SERVED, generate
from ecp.manifests.providers import (
    InvalidProvider,
    Provider,
    gpu_type,
    priced_kinds,
    provider,
    provider_names,
)
from ecp.manifests.tenant import (
    RESERVED,
    InvalidTenant,
    Problem,
    TenantSpec,
    WayIn,
    check_way_in,
    namespace_of,
)

__all__ = [
    "ALL",
    "KNOWN",
    "RESERVED",
    "SERVED",
    "Bundle",
    "InvalidProvider",
    "InvalidTenant",
    "Problem",
    "Provider",
    "TenantSpec",
    "WayIn",
    "check_way_in",
    "generate",
    "gpu_type",
    "namespace_of",
    "priced_kinds",
    "provider",
    "provider_names",
]
