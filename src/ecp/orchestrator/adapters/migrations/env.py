"""What Alembic runs: on the connection, and in the transaction, that it is given."""

from alembic import context

from ecp.orchestrator.adapters.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite changes a column by making its table anew.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
