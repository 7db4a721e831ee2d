"""The built-in portfolio: seeded, synthetic, its monthly transitions following the published matrix.

Source: the matrix of instalments behind, from one month to the next, in the scoring specification.
"""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.replay.portfolio import Borrower, Portfolio, fact_event, month_start, payment

START_ON = date(2025, 1, 1)
ZONE = "Asia/Shanghai"
Matrix = Mapping[int, tuple[tuple[int, float], ...]]
MATRIX: Matrix = {
    0: ((0, 0.967), (1, 0.033)),
    1: ((0, 0.260), (1, 0.592), (2, 0.148)),
    2: ((0, 0.035), (1, 0.098), (2, 0.613), (3, 0.255)),
    3: ((0, 0.013), (1, 0.014), (2, 0.075), (3, 0.679), (4, 0.218)),
    4: ((0, 0.005), (1, 0.003), (2, 0.006), (3, 0.046), (4, 0.940)),
}
PRODUCTS = ("cash", "phone", "travel")
CHANNELS = ("sms", "sms", "email", "push")

Fact = tuple[date, dict[str, Any]]


def generated(seed: int, borrowers: int, months: int, matrix: Matrix = MATRIX) -> Portfolio:
    """*borrowers* with one loan each, followed for *months* due dates; the same for the same arguments.

    *matrix*: for 0 to 4 instalments behind, how many next month, and with which weight.
    """
    zone = ZoneInfo(ZONE)
    facts: list[Fact] = []
    people: list[Borrower] = []
    for number in range(borrowers):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311  a reproducible portfolio, not a secret
        customer = f"C{number:06}"
        facts += _loan(chance, customer, f"L{number:06}", months, zone, matrix)
        people.append(_borrower(chance, customer))
    return Portfolio(
        title=f"generated portfolio (synthetic), seed {seed}",
        synthetic=True,
        jurisdiction="CN",
        zone=ZONE,
        start_on=START_ON,
        facts=facts,
        borrowers=people,
    )


def _loan(chance: random.Random, customer: str, loan: str, months: int, zone: ZoneInfo, matrix: Matrix) -> list[Fact]:
    """The opening, each month's payment as the matrix has it, and the closing of a loan that was paid in the end."""
    amount = Decimal(chance.randrange(200, 3001, 50))
    day = chance.randrange(1, 29)
    dues = [month_start(START_ON, n).replace(day=day) for n in range(1, months + 1)]
    facts = [_opening(chance, customer, loan, amount, dues, zone)]
    behind = 0
    for number, due in enumerate(dues, 1):
        before, behind = behind, _next(chance, min(behind, 4), matrix)
        count = before + 1 - behind
        if count > 0:
            paid_on = due if behind == 0 and before == 0 else due + timedelta(days=chance.randrange(2, 25))
            facts.append(payment(f"{loan}-P{number}", loan, amount * count, paid_on, zone))
    if behind == 0:
        closing = {"loan_id": loan, "on": facts[-1][0].isoformat()}
        facts.append(fact_event("loan.closed", f"{loan}-closed", facts[-1][0], zone, closing))
    return facts


def _opening(
    chance: random.Random, customer: str, loan: str, amount: Decimal, dues: list[date], zone: ZoneInfo
) -> Fact:
    instalments = [
        {"number": n, "due_on": due.isoformat(), "principal": str(amount - 10), "interest": "10"}
        for n, due in enumerate(dues, 1)
    ]
    data = {
        "loan_id": loan, "customer_id": customer, "product": chance.choice(PRODUCTS), "currency": "CNY",
        "principal": str((amount - 10) * len(dues)), "opened_on": START_ON.isoformat(), "annual_rate": "0.12",
        "jurisdiction": "CN", "bucket_set": "cn-m", "instalments": instalments,
    }  # fmt: skip
    return fact_event("loan.opened", f"{loan}-open", START_ON, zone, data)


def _next(chance: random.Random, behind: int, matrix: Matrix) -> int:
    states, weights = zip(*matrix[behind], strict=True)
    point = chance.random() * sum(weights)
    found: int = next(state for state, upto in zip(states, accumulate(weights), strict=True) if point <= upto)
    return found


def _borrower(chance: random.Random, customer: str) -> Borrower:
    channel = chance.choice(CHANNELS)
    address = f"{customer.lower()}@borrowers.example" if channel == "email" else f"+86-000-{customer[1:]}"
    return Borrower(customer, ZONE, "zh-CN", channel, chance.random() < 0.95, address, f"测试{customer[1:]}")
