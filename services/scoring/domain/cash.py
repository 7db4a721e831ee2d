"""How much money is to be expected within 90 days, by the bucket rates alone."""

from decimal import ROUND_HALF_EVEN, Decimal

from services.scoring.domain.behaviour import LoanFeatures
from services.scoring.domain.history import ZERO
from services.scoring.domain.rates import CASH_MONTHS, WORST, BucketRates
from shared.money import DECIMALS


def expected_cash(loan: LoanFeatures, rates: BucketRates) -> Decimal:
    """What one loan is expected to pay in the next 90 days, in its own currency, rounded half-even to its minor unit.

    Three monthly steps of the chain, in instalments; never more than what is owed by then. Of a loan that has been
    charged off nothing is expected: the rates do not see recoveries.
    """
    if loan.ended != "no":
        return _to_minor_unit(ZERO, loan.currency)
    debt, steps = loan.debt, CASH_MONTHS if loan.revolving else min(loan.debt.coming_times, CASH_MONTHS)
    state = min(loan.lateness.behind, WORST)
    times = sum((*rates.paid_when_due[state][:steps], *rates.paid_when_idle[state][steps:]), ZERO)
    instalment = debt.coming / steps if debt.coming and not loan.revolving else debt.instalment
    return _to_minor_unit(min(times * instalment, max(ZERO, debt.balance - debt.beyond)), loan.currency)


def _to_minor_unit(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-DECIMALS[currency]), ROUND_HALF_EVEN)
