"""A good request to every door that takes a body: what it sends, and how it is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

Body = Callable[[int], Any]
BORROWERS: Final = 60


@dataclass(frozen=True)
class Good:
    """A request to *door* that is as it should be; `code` where its answer is that there is no such thing."""

    door: str
    body: Body | None
    status: int = 200
    code: str | None = None
    in_path: str = "N{n}"
    first: "Good | None" = None
    is_signed: bool = False

    @property
    def method(self) -> str:
        return self.door.split()[0]

    @property
    def path(self) -> str:
        return self.door.split()[1]

    def path_of(self, n: int) -> str:
        """The path with its names filled in."""
        head, brace, tail = self.path.partition("{")
        return f"{head}{self.in_path.format(n=n)}{tail.partition('}')[2]}" if brace else head


def _about(**stated: Any) -> Body:
    """*stated* about C1; an id that is text gets a number of its own."""
    return lambda n: (
        {"customer_id": "C1"}
        | {name: value.format(n=n) if isinstance(value, str) else value for name, value in stated.items()}
    )


def _same(**stated: Any) -> Body:
    return lambda _n: stated


def _posted(n: int) -> list[dict[str, Any]]:
    return [posted(n)]


def _paused(n: int) -> dict[str, str]:
    """A day of its own for each."""
    return {"from_on": str(_MARCH + timedelta(days=2 * n)), "until_on": str(_MARCH + timedelta(days=2 * n + 1))}


def _promised(n: int) -> dict[str, Any]:
    """By ever another borrower: nobody may put off a promise for ever."""
    who = 1 + n % BORROWERS
    return {
        "customer_id": f"C{who}", "promise_id": f"P{n}", "loan_ids": [f"L{who}"], "amount": "20.00", "currency": "CNY",
        "due_on": "2025-02-05",
    }  # fmt: skip


def posted(n: int, **changed: Any) -> dict[str, Any]:
    """A payment as core banking posts it."""
    data = {
        "payment_id": f"P{n}", "loan_id": "L1", "amount": "0.01", "value_on": "2025-01-15", "kind": "repayment",
    } | changed  # fmt: skip
    return {
        "specversion": "1.0", "id": f"pay-{n}", "source": "/core", "type": "payment.received",
        "time": "2025-01-15T09:00:00+08:00", "data": data,
    }  # fmt: skip


_MARCH: Final = date(2025, 3, 1)
_OPERATOR: Final = _same(reason="duplicate")
_NOT_FOUND: Final = {"status": 404, "code": "not-found"}
EVERY_HOUSE: Final = (
    Good("POST /v1/heads", _same(keys=["C1"])),
    Good("POST /v1/announcements/wanted", _same(after={"C1": 0}, limit_each=1)),
    Good("POST /v1/parked/{parked_id}/release", _OPERATOR, in_path="7", **_NOT_FOUND),
    Good(
        "POST /v1/parked/{parked_id}/replace",
        _same(reason="duplicate", type="LoanClosed", data={"loan_id": "L1", "on": "2025-02-01"}),
        in_path="7",
        **_NOT_FOUND,
    ),
    Good("POST /v1/parked/{parked_id}/discard", _OPERATOR, in_path="7", **_NOT_FOUND),
    Good("POST /v1/dead-letters/{letter_id}/retry", _OPERATOR, in_path="7", **_NOT_FOUND),
    Good("POST /v1/dead-letters/{letter_id}/discard", _OPERATOR, in_path="7", **_NOT_FOUND),
    Good("PUT /v1/clock", _same(now="2025-02-02T01:00:00Z")),
)
_RANGES: Final = [{"min_days": 1, "max_days": 30}, {"min_days": 31, "max_days": None}]
INGEST: Final = (
    Good("POST /v1/events", _posted, 202),
    Good("POST /v1/business-dates", _same(business_date="2025-02-02"), 202),
    Good("PUT /v1/bucket-sets/{name}", _same(basis="past_due_days", ranges=_RANGES)),
    Good("POST /v1/loans/{loan_id}/pauses", _paused, 201, in_path="L1"),
    Good("POST /v1/loans/{loan_id}/resumes", None),
    Good("POST /v1/reconciliation", _same(source="/core", ids=["open-L1"])),
    Good("POST /v1/refusals/{number}/retry", None),
    Good("POST /v1/refusals/{number}/discard", None),
)  # fmt: skip
_MATRIX: Final = [["1", "0", "0", "0", "0"]] * 5
SCORING: Final = (
    Good("POST /v1/assessments/preview", lambda _n: STATED),
    Good("PUT /v1/bucket-rates/{version}", _same(effective_on="2025-02-03", measured_on="ours", matrix=_MATRIX)),
)
STATED: Final = {
    "facts": [
        {
            "type": "LoanOpened",
            "data": {
                "loan_id": "L1", "customer_id": "C1", "product": "cash", "currency": "CNY", "principal": "300.00",
                "opened_on": "2025-01-01",
                "instalments": [{"number": 1, "due_on": "2025-02-05", "principal": "300.00"}],
            },
        }
    ]
}  # fmt: skip
_PROFILE: Final = {
    "language": "zh-CN", "jurisdiction": "CN", "time_zone": "Asia/Shanghai", "name": "李四",
    "channels": [{"channel": "sms", "address": "+86 138-0000-4711", "consent": True}],
}  # fmt: skip
_CHECK: Final = {
    "jurisdiction": "CN", "debtor": {"time_zone": "Asia/Shanghai", "debts": [{"id": "D1"}]}, "history": [],
    "proposed": {"at": "2026-03-10T12:00:00+08:00", "channel": "sms", "purpose": "collect_debt", "debt": "D1"},
}  # fmt: skip
_TOLD: Final = {"type": "message.delivered", "timestamp": "2025-02-02T00:00:00Z", "data": {"reference": "R1"}}
_REVEAL: Final = "POST /v1/customers/{customer_id}/profile/reveal"
_STATED_PROFILE: Final = Good("PUT /v1/customers/{customer_id}/profile", lambda _n: _PROFILE, in_path="K1")
CONTACT: Final = (
    Good("POST /v1/contact-checks", lambda _n: _CHECK),
    Good("PUT /v1/customers/{customer_id}/profile", lambda _n: _PROFILE),
    Good(_REVEAL, _same(reason="asks which number"), in_path="K1", first=_STATED_PROFILE),
    Good("POST /v1/replies/{reply_id}/reveal", _same(reason="asks what they wrote"), **_NOT_FOUND),
    Good("POST /v1/profiles", lambda n: {"profiles": [_PROFILE | {"customer_id": f"M{n}"}]}),
    Good("POST /v1/holds", _about(kind="payment_claimed"), 201),
    Good("POST /v1/attempts/{attempt_id}/settle", _same(outcome="accepted"), **_NOT_FOUND),
    Good("POST /v1/contacts/{contact_id}/approval", None),
    Good("PUT /v1/budgets", _same(currency="CNY", period="month", effective_from="2025-02-02", amount="50.00")),
    Good("POST /v1/webhooks/{provider}", lambda _n: _TOLD, 202, in_path="sandbox", is_signed=True),
    Good("PUT /v1/killswitch", _same(scope="borrower", value="K9", reason="a wrong amount")),
)  # fmt: skip
_DECLINED: Final = _about(decision="declined", reason="no_evidence")
_SLOW: Final = _about(note_id="V{n}", support=["extra_time"], strength="suspected", text="Slow.")
_CLAIM: Final = Good(
    "POST /v1/hardship-claims", _about(claim_id="H{n}", cause="job_loss", horizon="short", text="Laid off."), 201
)
_DISPUTE: Final = Good("POST /v1/disputes", _about(dispute_id="D{n}", loan_ids=["L1"], kind="amount", text="No."), 201)
_COMPLAINT: Final = Good("POST /v1/complaints", _about(complaint_id="X{n}", category="hours", text="At night."), 201)
_CONSENT: Final = Good(
    "POST /v1/consents", _about(consent_id="A{n}", matter="reminders", scope={"kind": "everything"}), 201
)
_REF: Final = "00000000-0000-4000-8000-{n:012}"
FEEDBACK: Final = (
    Good("POST /v1/promises", _promised, 201),
    _CLAIM,
    Good("POST /v1/hardship-claims/{claim_id}/decision", _DECLINED, **_NOT_FOUND),
    Good("POST /v1/hardship-claims/{claim_id}/end", _about(reason="recovered"), **_NOT_FOUND),
    _DISPUTE,
    Good("POST /v1/disputes/{dispute_id}/decision", _about(outcome="upheld", text="Taken back."), **_NOT_FOUND),
    _COMPLAINT,
    Good("POST /v1/complaints/{complaint_id}/extension", _about(reason="complex"), **_NOT_FOUND),
    Good("POST /v1/complaints/{complaint_id}/decision", _about(outcome="upheld", root_cause="process"), **_NOT_FOUND),
    Good("POST /v1/stops", _about(stop_id="S{n}", scope={"kind": "channel", "channel": "sms"}), 201),
    Good("POST /v1/preferences", _about(preference_id="W{n}", kind="language", language="zh-CN"), 201),
    _CONSENT,
    Good("POST /v1/consents/{consent_id}/withdrawal", _about(), **_NOT_FOUND),
    Good("POST /v1/representatives", _about(representative_id="R{n}", role="other", since="2025-01-01"), 201),
    Good("POST /v1/vulnerabilities", _SLOW, 201),
    Good("POST /v1/addresses/invalid", _about(address_ref=_REF, channel="sms", reason="dead"), 201),
    Good("POST /v1/payment-claims", _about(claim_id="Z{n}", channel="sms", loan_ids=["L1"], text="Paid."), 201),
)  # fmt: skip
GOODS: Final[Mapping[str, tuple[Good, ...]]] = {
    "ingest": EVERY_HOUSE + INGEST,
    "scoring": EVERY_HOUSE + SCORING,
    "contact": EVERY_HOUSE + CONTACT,
    "feedback": EVERY_HOUSE + FEEDBACK,
}
DOORS: Final = {f"{house} {good.door}": (house, good) for house, goods in GOODS.items() for good in goods if good.body}
