"""The tables every house has, the facts, the loans, the business date."""

import sqlalchemy as sa
from alembic import op

from shared.database.tables import Instant, Key
from shared.migrations import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    create_plumbing()
    _create_facts()
    _create_refusals()
    _create_loans()
    _create_rules()


def _create_loans() -> None:
    op.create_table(
        "loans",
        sa.Column("loan_id", Key, primary_key=True),
        sa.Column("key", Key, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("bucket_set", Key, nullable=False),
        sa.Column("bucket", sa.Text),
        sa.Column("stage", sa.Text),
        sa.Column("overdue_since", sa.Date),
        sa.Column("delinquent_amount", sa.Numeric, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("closed_on", sa.Date),
    )
    op.create_index("loans_key_idx", "loans", ["key"])
    op.create_index(
        "loans_past_due_idx", "loans", ["bucket_set"], postgresql_where=sa.text("overdue_since is not null")
    )
    op.create_table(
        "standings",
        sa.Column("loan_id", Key, primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("bucket", sa.Text),
        sa.Column("delinquent_amount", sa.Numeric, nullable=False),
    )


def _create_rules() -> None:
    op.create_table(
        "bucket_sets",
        sa.Column("revision", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", Key, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("ranges", sa.LargeBinary, nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.UniqueConstraint("name", "version", name="bucket_sets_name_version_key"),
    )
    op.create_table(
        "business_dates",
        sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.text("true")),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.CheckConstraint("single", name="business_dates_one_row_check"),
    )


def _create_facts() -> None:
    op.create_table(
        "facts",
        sa.Column("source", Key, primary_key=True),
        sa.Column("id", Key, primary_key=True),
        sa.Column("key", Key),
        sa.Column("loan_id", Key),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("name", Key),
        sa.Column("known_as", Key),
        sa.Column("awaiting", Key),
        sa.Column("about", Key),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.CheckConstraint("awaiting is not null or key is not null", name="facts_placed_check"),
    )
    op.create_index("facts_name_key", "facts", ["name"], unique=True)
    op.create_index("facts_loan_id_idx", "facts", ["loan_id"])
    op.create_index("facts_recorded_on_idx", "facts", ["recorded_on"], postgresql_using="brin")
    op.create_index("facts_stated_idx", "facts", ["loan_id"], postgresql_where=sa.text("type = 'balance.stated'"))
    op.create_index("facts_known_as_idx", "facts", ["known_as"], postgresql_where=sa.text("awaiting is null"))
    op.create_index("facts_awaiting_idx", "facts", ["awaiting"], postgresql_where=sa.text("awaiting is not null"))
    op.create_index("facts_held_idx", "facts", ["source", "id"], postgresql_where=sa.text("awaiting is not null"))
    op.create_index("facts_about_idx", "facts", ["about"], postgresql_where=sa.text("about is not null"))


def _create_refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("source", Key, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("loan_id", Key),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("time", Instant, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("pointer", sa.Text),
        sa.Column("refused_at", Instant, nullable=False),
        sa.Column("settled_at", Instant),
        sa.Column("settled_by", sa.Text),
        sa.Column("settled_as", sa.Text),
        sa.CheckConstraint("(settled_at is null) = (settled_by is null)", name="refusals_settled_by_somebody_check"),
        sa.CheckConstraint("(settled_at is null) = (settled_as is null)", name="refusals_settled_somehow_check"),
    )
    op.create_index("refusals_source_idx", "refusals", ["source", "id"])
    op.create_index("refusals_open_idx", "refusals", ["number"], postgresql_where=sa.text("settled_at is null"))
