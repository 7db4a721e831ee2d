"""Scoring's own tables: the latest assessment of each borrower, how each stands, and the bucket rates by version."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)

from shared.database.tables import NAMING, Instant, Key

metadata = MetaData(naming_convention=NAMING)

# The latest assessment of each borrower, for lists and sums; its text, its basis and all earlier ones stand in
# `announcements` under the same key and number. `expected_cash` is JSON, {currency: amount as text}.
assessments = Table(
    "assessments",
    metadata,
    Column("key", Key, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("basis", Text, nullable=False),
    Column("model", Text),
    Column("confidence", Text, nullable=False),
    Column("roll_probability", Numeric),
    Column("cure_probability", Numeric),
    Column("default_probability", Numeric),
    Column("ability", SmallInteger),
    Column("willingness", SmallInteger),
    Column("expected_cash", Text, nullable=False),
)

# How each borrower stands, as last told: loans that are not closed, and the most instalments unpaid on one of them.
standings = Table(
    "standings",
    metadata,
    Column("key", Key, primary_key=True),
    Column("loans", Integer, nullable=False),
    Column("instalments_unpaid", Integer, nullable=False),
)

# A version, once kept, is never changed: assessments name it. The latest that is effective is in force.
bucket_rates = Table(
    "bucket_rates",
    metadata,
    Column("version", Key, primary_key=True),
    Column("effective_on", Date, nullable=False),
    Column("matrix", ARRAY(Numeric, dimensions=2), nullable=False),
    Column("measured_on", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("bucket_rates_effective_on_idx", "effective_on"),
    CheckConstraint("array_dims(matrix) = '[1:5][1:5]'", name="five_by_five"),
)
