"""Telephone calls and response times are kept with minutes and hours."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = ("sla_minutes", "sla_hours")
_CALLS = ("calls", "answered", "cut")


def upgrade() -> None:
    for table in _TABLES:
        for name in _CALLS:
            column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
            op.add_column(table, column)
        op.add_column(table, sa.Column("sketch", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        for name in (*_CALLS, "sketch"):
            op.drop_column(table, name)
