"""Ingest's own tables: the facts as posted, the loans as they stand, the business date."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shared.database.tables import NAMING, Instant, Key

metadata = MetaData(naming_convention=NAMING)

# `name` is the identity a fact has in the lender's books, `known_as` what later facts may wait for; `awaiting` is set
# while a fact is held, true but early; `about` is the identity of the payment that a reversal takes back. A voided
# fact, and the reversal of a voided payment, keep their rows and lose `name` and `known_as`, which are free again.
# `data` is the JSON of the fact as it was posted.
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
    Column("about", Key),
    Column("digest", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("facts_name_key", "name", unique=True),
    Index("facts_loan_id_idx", "loan_id"),
    Index("facts_recorded_on_idx", "recorded_on", postgresql_using="brin"),
    Index("facts_stated_idx", "loan_id", postgresql_where=text("type = 'balance.stated'")),
    Index("facts_known_as_idx", "known_as", postgresql_where=text("awaiting is null")),
    Index("facts_awaiting_idx", "awaiting", postgresql_where=text("awaiting is not null")),
    Index("facts_held_idx", "source", "id", postgresql_where=text("awaiting is not null")),
    Index("facts_about_idx", "about", postgresql_where=text("about is not null")),
    CheckConstraint("awaiting is not null or key is not null", name="placed"),
)

# Facts that were held, and refused when what they waited for had come: their senders were told that we have them.
refusals = Table(
    "refusals",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("source", Key, nullable=False),
    Column("id", Key, nullable=False),
    Column("loan_id", Key),
    Column("type", Text, nullable=False),
    Column("time", Instant, nullable=False),
    Column("recorded_on", Date, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("pointer", Text),
    Column("refused_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", Text),
    Column("settled_as", Text),
    Index("refusals_source_idx", "source", "id"),
    Index("refusals_open_idx", "number", postgresql_where=text("settled_at is null")),
    CheckConstraint("(settled_at is null) = (settled_by is null)", name="settled_by_somebody"),
    CheckConstraint("(settled_at is null) = (settled_as is null)", name="settled_somehow"),
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
    Column("bucket_set", Key, nullable=False),
    Column("bucket", Text),
    Column("stage", Text),
    Column("overdue_since", Date),
    Column("delinquent_amount", Numeric, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("closed_on", Date),
    Index("loans_key_idx", "key"),
    Index("loans_past_due_idx", "bucket_set", postgresql_where=text("overdue_since is not null")),
)

# What was announced of each loan on each day on which that changed; `as_of` is the business date it was announced for.
standings = Table(
    "standings",
    metadata,
    Column("loan_id", Key, primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("bucket", Text),
    Column("delinquent_amount", Numeric, nullable=False),
)

# Versions of bucket sets; those that ship with the code are not here. `ranges` is JSON.
bucket_sets = Table(
    "bucket_sets",
    metadata,
    Column("revision", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("basis", Text, nullable=False),
    Column("ranges", LargeBinary, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

business_dates = Table(
    "business_dates",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("business_date", Date, nullable=False),
    CheckConstraint("single", name="one_row"),
)
