"""The table of the audit log."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from ecp.orchestrator.adapters.tables import _ID as ID
from ecp.orchestrator.adapters.tables import METADATA

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("actor_from", String(16), nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("method", String(8), nullable=False),
    Column("route", String(200), nullable=False),
    # Not a foreign key: what was done to a tenant is told when it is gone.
    Column("tenant_id", String(63), nullable=False),
    Column("target_kind", String(16), nullable=False),
    Column("target", String(300), nullable=False),
    Column("refs", JSON, nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Index("audit_by_tenant", "tenant_id", "id"),
    # A number is never given twice: pages go on from it.
    sqlite_autoincrement=True,
)
