"""What contacts may cost, which of them a person let go ahead, and what providers told of them."""

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of budgets, approvals and receipts."""
    _create_budgets()
    _create_approvals()
    _create_receipts()


def _create_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric()),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.CheckConstraint("period in ('day', 'month')", name="budgets_period_check"),
        sa.CheckConstraint("amount >= 0", name="budgets_amount_check"),
        sa.PrimaryKeyConstraint("id", name="budgets_pkey"),
    )
    op.create_index("budgets_effective_idx", "budgets", ["currency", "period", "effective_from", "id"])


def _create_approvals() -> None:
    op.create_table(
        "approvals_wanted",
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="approvals_wanted_pkey"),
    )
    op.create_table(
        "approvals",
        sa.Column("contact_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="approvals_pkey"),
    )


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("webhook_id", Key, nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reference", Key, nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "signal in ('accepted', 'delivered', 'undelivered', 'expired')", name="receipts_signal_check"
        ),
        sa.CheckConstraint(
            "outcome in ('waiting', 'applied', 'repeated', 'contradicted', 'unknown-reference')",
            name="receipts_outcome_check",
        ),
        sa.PrimaryKeyConstraint("id", name="receipts_pkey"),
    )
    op.create_index("receipts_webhook_key", "receipts", ["provider", "webhook_id"], unique=True)
    op.create_index(
        "receipts_waiting_idx",
        "receipts",
        ["provider", "reference", "id"],
        postgresql_where=sa.text("outcome = 'waiting'"),
    )
    op.create_index("receipts_outcome_idx", "receipts", ["outcome", "id"])
