"""The tables every house has, the assessments, the standings, the bucket rates."""

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key
from shared.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    create_plumbing()
    _create_assessments()
    op.create_table(
        "standings",
        sa.Column("key", Key, primary_key=True),
        sa.Column("loans", sa.Integer, nullable=False),
        sa.Column("instalments_unpaid", sa.Integer, nullable=False),
    )
    op.create_table(
        "bucket_rates",
        sa.Column("version", Key, primary_key=True),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.Column("matrix", sa.ARRAY(sa.Numeric, dimensions=2), nullable=False),
        sa.Column("measured_on", sa.Text, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.CheckConstraint("array_dims(matrix) = '[1:5][1:5]'", name="bucket_rates_five_by_five_check"),
    )
    op.create_index("bucket_rates_effective_on_idx", "bucket_rates", ["effective_on"])


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("key", Key, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.Column("roll_probability", sa.Numeric),
        sa.Column("cure_probability", sa.Numeric),
        sa.Column("default_probability", sa.Numeric),
        sa.Column("ability", sa.SmallInteger),
        sa.Column("willingness", sa.SmallInteger),
        sa.Column("expected_cash", sa.Text, nullable=False),
    )
