"""The simulated borrowers: who they are made out to be, and how some of them answer what reached them.

Whether and how one answers is drawn from the contact's own id, so that every run of a portfolio is answered alike.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httpx

from deploy.local.replay.portfolio import Borrower, share
from deploy.local.replay.street import Street

PROMISE_DAYS = 7
PROFILES_AT_ONCE = 500
REFUSED = (409, 422)

Call = tuple[str, str, str, Any]
News = Mapping[str, Any]


class Shares(NamedTuple):
    """Of the contacts that reached somebody, how many are answered how; the rest is silence."""

    promise: float = 0.25
    hardship: float = 0.04
    dispute: float = 0.02
    complaint: float = 0.01
    stop: float = 0.01
    preference: float = 0.02


class Answers:
    """Reads what contact has sent, and calls feedback's public doors."""

    def __init__(self, street: Street, zone: str, shares: Shares = Shares()) -> None:  # noqa: B008  frozen
        self._street, self._shares = street, shares
        self._zone = ZoneInfo(zone)
        self.given: Counter[str] = Counter()

    async def introduce(self, borrowers: Sequence[Borrower], jurisdiction: str, now: datetime) -> None:
        """Put a labelled synthetic profile of each borrower into contact, whose consent is given at *now*.

        Raises: httpx.HTTPStatusError.
        """
        profiles = [{"customer_id": one.customer_id, **profile_of(one, jurisdiction, now)} for one in borrowers]
        pages = [profiles[start : start + PROFILES_AT_ONCE] for start in range(0, len(profiles), PROFILES_AT_ONCE)]
        for answer in await self._street.each([("contact", "POST", "/v1/profiles", {"profiles": p}) for p in pages]):
            answer.raise_for_status()
            assert not answer.json()["refused"], "a made-up profile is one that contact takes"

    async def react(self, news: Sequence[Mapping[str, Any]]) -> bool:
        """Answer what was sent, and say whether anybody did."""
        calls = [call for item in news if item["type"] == "ContactSent" for call in await self._reply(item)]
        for (_, _, path, _), answer in zip(calls, await self._street.each(calls), strict=True):
            if answer.status_code not in REFUSED:
                answer.raise_for_status()
            self.given[path if answer.is_success else f"{path} refused"] += 1
        return bool(calls)

    async def _reply(self, item: News) -> list[Call]:
        sent = json.loads(item["data"])
        kind = self._kind_of(sent["contact_id"])
        if kind is None or not sent.get("loan_ids"):
            return []
        if kind == "promise":
            return await self._promise(item, sent, sent["loan_ids"])
        path, body = REPLIES[kind](sent)
        return [("feedback", "POST", path, {"customer_id": item["key"], "via": "app", **body})]

    def _kind_of(self, contact_id: str) -> str | None:
        """How this contact is answered; None is silence."""
        chance, upto = share("answer", contact_id), 0.0
        for kind, part in self._shares._asdict().items():
            upto += part
            if chance < upto:
                return str(kind)
        return None

    async def _promise(self, item: Mapping[str, Any], sent: Mapping[str, Any], loans: list[str]) -> list[Call]:
        """Promise what is past due on the first loan, or its next instalment, within a week."""
        try:
            position = await self._street.get("ingest", f"/v1/loans/{loans[0]}/position")
        except httpx.HTTPStatusError:
            return []
        amount = Decimal(position["delinquent_amount"]) or Decimal(position.get("next_due_amount") or 0)
        if amount <= 0:
            return []
        day = datetime.fromisoformat(item["time"]).astimezone(self._zone).date() + timedelta(days=PROMISE_DAYS)
        promise = {
            "customer_id": item["key"], "promise_id": f"P-{sent['contact_id']}", "loan_ids": loans[:1],
            "amount": str(amount), "currency": position["currency"], "due_on": day.isoformat(), "tolerance_days": 2,
            "via": "app", "contact_id": sent["contact_id"],
        }  # fmt: skip
        return [("feedback", "POST", "/v1/promises", promise)]


def profile_of(borrower: Borrower, jurisdiction: str, now: datetime) -> dict[str, Any]:
    """The body that contact's profile door takes."""
    consent = {"consent": borrower.consent, "consent_at": now.isoformat() if borrower.consent else None}
    return {
        "language": borrower.language,
        "jurisdiction": jurisdiction,
        "time_zone": borrower.zone,
        "name": borrower.name,
        "channels": [{"channel": borrower.channel, "address": borrower.address, **consent}],
    }


def _hardship(sent: News) -> tuple[str, dict[str, Any]]:
    claim = {"claim_id": f"H-{sent['contact_id']}", "handling": "short_relief", "horizon": "short"}
    return "/v1/hardship-claims", {**claim, "loan_ids": sent["loan_ids"]}


def _dispute(sent: News) -> tuple[str, dict[str, Any]]:
    return "/v1/disputes", {"dispute_id": f"D-{sent['contact_id']}", "loan_ids": sent["loan_ids"], "kind": "amount"}


def _complaint(sent: News) -> tuple[str, dict[str, Any]]:
    complaint = {"complaint_id": f"K-{sent['contact_id']}", "category": "conduct"}
    return "/v1/complaints", {**complaint, "loan_ids": sent["loan_ids"]}


def _stop(sent: News) -> tuple[str, dict[str, Any]]:
    return "/v1/stops", {"stop_id": f"S-{sent['contact_id']}", "scope": {"kind": "everything"}}


def _preference(sent: News) -> tuple[str, dict[str, Any]]:
    window = {"kind": "preferred_window", "from_time": "12:00:00", "until_time": "14:00:00"}
    return "/v1/preferences", {"preference_id": f"W-{sent['contact_id']}", **window}


REPLIES: Mapping[str, Callable[[News], tuple[str, dict[str, Any]]]] = {
    "hardship": _hardship,
    "dispute": _dispute,
    "complaint": _complaint,
    "stop": _stop,
    "preference": _preference,
}
