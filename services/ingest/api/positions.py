"""Where positions are read: of a loan, or of all loans of a borrower, on any day, as known at any instant."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.ingest.api.loans import known_facts
from services.ingest.api.views import AsOf, KnownAt, View, Viewer, as_json, unknown_loan
from services.ingest.domain.components import NOTHING, composition
from services.ingest.domain.customer import customer_position
from services.ingest.domain.facts import Recorded
from services.ingest.domain.position import Position, answer, buckets_in, loan_from, position
from services.ingest.schemas import CustomerPath, LoanPath
from services.ingest.store.facts import LOANS_MAX, facts_of_borrower
from shared.auth import requires
from shared.refusal import refuse

SETS_AT_ONCE_MAX: Final = 8
Sets = Annotated[
    list[str] | None,
    Query(alias="bucket_set", max_length=SETS_AT_ONCE_MAX, description="also the bucket in these bucket sets"),
]


def positions_door(viewer: Viewer) -> APIRouter:
    """`/v1/loans/{loan_id}/position` and `/v1/customers/{customer_id}/position`."""
    router = APIRouter(tags=["positions"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/loans/{loan_id}/position", response_model=dict[str, Any])
    async def read_position(
        loan_id: LoanPath, as_of: AsOf = None, known_at: KnownAt = None, bucket_sets: Sets = None
    ) -> Response:
        """What is owed and of what, how late, in which bucket: on a day, as known at an instant."""
        async with viewer.house.database.reading() as connection:
            facts, view = await known_facts(connection, loan_id), await viewer.view(connection, as_of)
        known = _known(facts, known_at)
        found = position_in(view, known, known_at)
        if found is None:
            raise unknown_loan()
        return as_json(answer(found) | _made_of(known, view) | _also_in(known, view, bucket_sets or ()))

    @router.get("/v1/customers/{customer_id}/position", response_model=dict[str, Any])
    async def read_customer_position(
        customer_id: CustomerPath, as_of: AsOf = None, known_at: KnownAt = None
    ) -> Response:
        """All loans of a borrower: the worst of them, what is owed per currency, and each by itself."""
        async with viewer.house.database.reading() as connection:
            by_loan, view = await facts_of_borrower(connection, customer_id), await viewer.view(connection, as_of)
        if len(by_loan) > LOANS_MAX:
            raise refuse("too-many-loans", f"a borrower with more than {LOANS_MAX} loans is read loan by loan")
        found = list(_positions(by_loan.values(), view, known_at))
        if not found:
            raise refuse("not-found", "no loan of such a borrower is known")
        whole = customer_position(customer_id, view.day, known_at or view.context.now, found)
        return as_json(asdict(whole) | {"loans": [answer(one) for one in whole.loans]})

    return router


def position_in(view: View, facts: Sequence[Recorded], known_at: datetime | None) -> Position | None:
    """The position of the loan of *facts*; until the first business date nothing is past due yet."""
    found = position(facts, view.day, view.context, known_at=known_at)
    return found if found is None or view.is_open else before_the_first_day(found)


def before_the_first_day(found: Position) -> Position:
    """*found* as it counts until the first business date."""
    return replace(
        found,
        past_due_days=0,
        paused_days=0,
        delinquent_days=0,
        delinquent_amount=Decimal(0),
        overdue_since=None,
        delinquent_start_on=None,
        bucket=None,
        instalment_buckets=(),
    )


def _positions(loans: Iterable[Sequence[Recorded]], view: View, known_at: datetime | None) -> Iterable[Position]:
    found = (position_in(view, facts, known_at) for facts in loans)
    return (one for one in found if one is not None)


def _known(facts: Sequence[Recorded], known_at: datetime | None) -> Sequence[Recorded]:
    return facts if known_at is None else [one for one in facts if one.recorded_at <= known_at]


def _made_of(facts: Sequence[Recorded], view: View) -> dict[str, Any]:
    """The components of what is owed, and of what of it is past due."""
    loan = loan_from(facts)
    made = None if loan is None else composition(facts, loan, view.day, view.context.policy_of(loan.product))
    if made is None:
        return {}
    late = made.delinquent if view.is_open else NOTHING
    return {"outstanding_components": made.outstanding, "delinquent_components": late}


def _also_in(facts: Sequence[Recorded], view: View, names: Sequence[str]) -> dict[str, Any]:
    """The bucket in each bucket set asked for. Raises: Refused."""
    loan = loan_from(facts)
    if not names or loan is None:
        return {}
    if not set(names) <= view.context.bucket_sets.keys():
        raise refuse("unknown-bucket-set", "no bucket set has this name", "/query/bucket_set")
    found = buckets_in(loan, view.day, names, view.context)
    return {"buckets": found if view.is_open else dict.fromkeys(found)}
