"""How much money is to be expected within 90 days, by the bucket rates alone."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from services.scoring.domain.behaviour import LoanFeatures
from services.scoring.domain.history import ZERO
from services.scoring.domain.rates import WORST, BucketRates
from shared.money import DECIMALS

CASH_DAYS: Final = 90


def expected_cash(loan: LoanFeatures, rates: BucketRates) -> Decimal:
    """What one loan is expected to pay in the next 90 days, in its own currency, rounded half-even to its minor unit.

    Three months of the chain, in usual instalments; never more than what is owed by then. Of a loan that has been
    charged off nothing is expected: the rates do not see recoveries.
    """
    if loan.ended != "no":
        return _to_minor_unit(ZERO, loan.currency)
    state = min(loan.behind, WORST)
    months = zip(loan.coming, rates.paid_when_due[state], rates.paid_when_idle[state], strict=True)
    count = sum((when_due if falls_due or loan.revolving else idle for falls_due, when_due, idle in months), ZERO)
    owed = max(ZERO, loan.balance - loan.beyond)
    return _to_minor_unit(min(owed, count * loan.instalment), loan.currency)


def _to_minor_unit(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-DECIMALS[currency]), ROUND_HALF_EVEN)
