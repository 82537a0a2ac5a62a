"""What Alembic runs for each migration: on the connection it is given, one at a time."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table="schema_version",
    version_table_schema="maillage",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
