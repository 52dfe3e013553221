"""The tables of images: registries, versions of services; and what the demo is made of."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

from ecp.orchestrator.adapters.sealing import SealedText
from ecp.orchestrator.adapters.tables import _ID as ID
from ecp.orchestrator.adapters.tables import METADATA

REGISTRIES = Table(
    "image_registries",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("prefix", String(255), nullable=False),
    Column("rewrites", String(255), nullable=False),
    Column("username", String(200), nullable=False),
    Column("password", SealedText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Where images are; `rewrites` is whose images it stands in for."""

IMAGE_VERSIONS = Table(
    "image_versions",
    METADATA,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("service", String(63), nullable=False),
    Column("version", String(128), nullable=False),
    Column("image", String(512), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("service", "version", name="image_versions_named"),
    sqlite_autoincrement=True,
)
"""Versions of services that may be deployed, with what is known of their images."""

DEMOS = Table(
    "demos",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("facts", JSON, nullable=False),
)
"""How far the demo is: one row, of number 1."""
