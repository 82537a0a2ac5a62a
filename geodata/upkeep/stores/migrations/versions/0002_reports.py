"""What readers and services say of the list, the links that were used, official records."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(
        Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%")
    )


def downgrade() -> None:
    """Refuse: what was said is not thrown away by a command."""
    raise NotImplementedError
