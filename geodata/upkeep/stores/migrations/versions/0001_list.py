"""The list: rows, facts, rights, history, and what readers get."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.get_bind().exec_driver_sql(
        Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%")
    )


def downgrade() -> None:
    """Refuse: a list is not thrown away by a command."""
    raise NotImplementedError
