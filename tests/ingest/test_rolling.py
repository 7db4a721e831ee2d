"""How a portfolio moves in a month, on both sides of each bucket, and as it was announced on any closed day."""

from decimal import Decimal

import pytest

from services.ingest.domain.buckets import BUCKET_SETS, BucketSet, Range
from services.ingest.domain.rolling import Move, month_before, rates
from tests.ingest.builders import day
from tests.ingest.posting import close_days, event, opened, paid, report, voided

SETS = dict(BUCKET_SETS)
MONTHS = {
    "in the middle": ("03-15", "02-15"),
    "from a longer month": ("03-30", "02-28"),
    "from end to end": ("02-28", "01-31"),
    "the last day of a longer month": ("03-31", "02-28"),
    "the last day but one": ("03-29", "02-28"),
    "over the year": ("01-05", "2024-12-05"),
    "into a leap year": ("2024-03-31", "2024-02-29"),
}


@pytest.mark.parametrize(("on", "before"), MONTHS.values(), ids=MONTHS)
def test_a_month_before_is_the_same_day_and_the_end_of_a_month_is_its_end(on, before):
    assert month_before(day(on)) == day(before)


WAYS = {
    "to a later bucket": ("4-30", "31-60", False, "rolled"),
    "over two buckets": ("1-3", "31-60", False, "rolled"),
    "from the last closed bucket": ("181-240", "241+", False, "rolled"),
    "into arrears": (None, "1-3", False, "rolled"),
    "nowhere": ("4-30", "4-30", False, "stayed"),
    "never late": (None, None, False, "stayed"),
    "back": ("31-60", "4-30", False, "improved"),
    "out of arrears": ("241+", None, False, "cured"),
    "to its end": ("4-30", None, True, "closed"),
    "to its end, never late": (None, None, True, "closed"),
}


@pytest.mark.parametrize(("bucket_from", "bucket_to", "closed", "way"), WAYS.values(), ids=WAYS)
def test_a_loan_goes_one_way(bucket_from, bucket_to, closed, way):
    [found] = rates([Move("default", bucket_from, bucket_to, closed, 7)], SETS, SETS)
    assert {name: getattr(found, name) for name in ("rolled", "stayed", "improved", "cured", "closed")} == {
        **dict.fromkeys(("rolled", "stayed", "improved", "cured", "closed"), 0), way: 7,
    }  # fmt: skip


def test_rates_are_shares_of_all_loans_of_a_bucket_the_mildest_bucket_first():
    moves = [
        Move("default", "31-60", "61-90", closed=False, loans=1), Move("default", "31-60", None, closed=False, loans=1),
        Move("default", "31-60", None, closed=True, loans=1), Move("default", "4-30", "31-60", closed=False, loans=2),
        Move("cn-m", "M2", "M3", closed=False, loans=1), Move("default", None, None, closed=False, loans=9),
    ]  # fmt: skip
    found = [(one.bucket_set, one.bucket, one.loans, one.roll_rate, one.cure_rate) for one in rates(moves, SETS, SETS)]
    third = Decimal("0.3333")
    assert found == [
        ("cn-m", "M2", 1, 1, 0), ("default", None, 9, 0, 0), ("default", "4-30", 2, 1, 0),
        ("default", "31-60", 3, third, third),
    ]  # fmt: skip


def test_buckets_of_two_versions_are_compared_by_their_days():
    after = {"default": BucketSet("default", (Range(1, 10, "few"), Range(11, None, "many")))}
    moves = [
        Move("default", "4-30", "many", closed=False, loans=1),
        Move("default", "4-30", "few", closed=False, loans=1),
    ]
    [found] = rates(moves, SETS, after)
    assert (found.rolled, found.improved) == (1, 1)


async def aging(client, **asked) -> dict[str | None, tuple[int, str]]:
    found = await client.get("/v1/portfolio/aging", **asked)
    return {one["bucket"]: (one["loans"], one["delinquent_amount"]) for one in found["buckets"]}


@pytest.mark.postgres
async def test_the_portfolio_is_told_for_any_closed_day_with_what_moved_in_a_month(ingest):
    await report(ingest, *(opened(f"L{n}", f"C{n}", months=2) for n in range(1, 6)))
    await report(ingest, paid("P1", "L1", on="2025-01-20"))
    await close_days(ingest, "2025-02-05")
    await report(
        ingest, paid("P2", "L2", on="2025-02-05", amount="200.00"),
        event("loan.closed", "end", loan_id="L3", on="2025-03-01"),
    )  # fmt: skip
    await close_days(ingest, "2025-03-05")
    assert await aging(ingest, as_of="2025-02-04") == {None: (1, "0"), "1-3": (4, "400.00")}
    assert await aging(ingest, as_of="2025-02-05") == {None: (2, "0"), "4-30": (3, "300.00")}
    assert await aging(ingest, as_of="2025-02-28") == {None: (2, "0"), "4-30": (3, "300.00")}
    assert await aging(ingest) == await aging(ingest, as_of="2025-03-05")
    found = await ingest.get("/v1/portfolio/aging")
    assert (found["as_of"], found["compared_with"]) == ("2025-03-05", "2025-02-05")
    counts = ("bucket", "loans", "rolled", "stayed", "improved", "cured", "closed", "roll_rate")
    assert [tuple(one[name] for name in counts) for one in found["rates"]] == [
        (None, 2, 1, 1, 0, 0, 0, "0.5000"), ("4-30", 3, 2, 0, 0, 0, 1, "0.6667"),
    ]  # fmt: skip


@pytest.mark.postgres
async def test_a_loan_that_never_was_leaves_the_portfolio_of_every_day(ingest):
    await report(ingest, opened())
    await close_days(ingest, "2025-02-05")
    await report(ingest, voided("open-L1"))
    assert (await aging(ingest, as_of="2025-02-03"), await aging(ingest)) == ({}, {})


@pytest.mark.postgres
@pytest.mark.parametrize(("as_of", "status"), [("2025-02-05", 200), ("2025-02-06", 422), ("1899-12-31", 422)])
async def test_the_portfolio_is_known_for_closed_days_alone(ingest, as_of, status):
    assert (await ingest.http.get("/v1/portfolio/aging", params={"as_of": "2025-01-01"})).status_code == 422
    await close_days(ingest, "2025-02-05")
    assert (await ingest.http.get("/v1/portfolio/aging", params={"as_of": as_of})).status_code == status
