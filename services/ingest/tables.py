"""Ingest's own tables: the facts as posted, the loans as they stand, the business date."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    text,
)

from shared.database.tables import NAMING, Instant, Key

metadata = MetaData(naming_convention=NAMING)

# `name` is the identity a fact has in the lender's books, `known_as` what later facts may wait for; `awaiting` is set
# while a fact is held, true but early. `data` is the JSON of the fact as it was posted.
facts = Table(
    "facts",
    metadata,
    Column("source", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("key", Key),
    Column("loan_id", Key),
    Column("type", Text, nullable=False),
    Column("time", Instant, nullable=False),
    Column("recorded_on", Date, nullable=False),
    Column("name", Key),
    Column("known_as", Key),
    Column("awaiting", Key),
    Column("digest", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("facts_name_key", "name", unique=True),
    Index("facts_loan_id_idx", "loan_id"),
    Index("facts_known_as_idx", "known_as", postgresql_where=text("awaiting is null")),
    Index("facts_awaiting_idx", "awaiting", postgresql_where=text("awaiting is not null")),
    CheckConstraint("awaiting is not null or key is not null", name="placed"),
)

# What was last announced of each loan, for lists and sums; positions on a day are computed from the facts.
loans = Table(
    "loans",
    metadata,
    Column("loan_id", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Column("product", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("bucket", Text),
    Column("stage", Text),
    Column("overdue_since", Date),
    Column("delinquent_amount", Numeric, nullable=False),
    Column("closed", Boolean, nullable=False),
    Index("loans_key_idx", "key"),
)

business_dates = Table(
    "business_dates",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("business_date", Date, nullable=False),
    CheckConstraint("single", name="one_row"),
)
