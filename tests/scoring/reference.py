"""The features told again in plain Python: all facts at once, whole cents, no state, no order of arrival.

For instalment loans that are opened, paid and closed; conduct from what contact and feedback said.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import accumulate

LAGS = 13
AFTER_SENDING = ("address-invalid", "expired", "undelivered")
TOLD = {
    "LoanOpened": "opened_on", "LoanClosed": "on", "PaymentReceived": "value_on", "DelinquencyChanged": "as_of",
    "LoanCured": "on",
}  # fmt: skip
HEARD = {
    "PromiseKept": "judged_on", "PromisePartlyKept": "judged_on", "PromiseBroken": "judged_on",
    "PromiseRejudged": "judged_on", "ReplyReceived": "received_at",
}  # fmt: skip


def told_to(said):
    """The latest day that repayments named; of an instalment missed, the day after it was due."""
    days = [day_in(data[TOLD[kind]]) for kind, data in said if kind in TOLD]
    days += [day_in(data["due_on"]) + timedelta(1) for kind, data in said if kind == "InstalmentMissed"]
    return max(days)


def heard_to(said):
    """The latest day that anybody named."""
    return max([told_to(said), *(day_in(data[HEARD[kind]]) for kind, data in said if kind in HEARD)])


def day_in(text):
    """A date, or the date of an instant in UTC, as it is written."""
    return date.fromisoformat(text[:10]) if len(text) > 10 else date.fromisoformat(text)


def conduct(said):
    """Promises and answers, counted; the story is shorter than any window."""
    count = Counter(kind for kind, _ in said)
    again = [(data["before"], data["verdict"]) for kind, data in said if kind == "PromiseRejudged"]
    verdicts = Counter(kept=count["PromiseKept"], partly_kept=count["PromisePartlyKept"], broken=count["PromiseBroken"])
    for before, after in again:
        verdicts[before] -= 1
        verdicts[after] += 1
    failed = sum(kind == "ContactFailed" and data["reason"] in AFTER_SENDING for kind, data in said)
    replies = [data for kind, data in said if kind == "ReplyReceived"]
    contacts = max(0, count["ContactSent"] - failed)
    return {
        "promises_made": count["PromiseMade"] - count["PromiseSuperseded"],
        "promises_judged": verdicts.total(),
        "promises_broken": verdicts["broken"],
        "promises_kept_share": share(verdicts["kept"], verdicts.total()),
        "contacts": contacts,
        "answered_share": round(min(1.0, len(replies) / contacts), 4) if contacts >= 3 else None,
        "answer_channel": most(data["channel"] for data in replies),
        "answer_hour": most(datetime.fromisoformat(data["received_at"]).hour for data in replies),
    }


def most(words):
    """The word that stands there most often; of equals the first."""
    counts = Counter(words)
    return min(counts, key=lambda word: (-counts[word], word)) if counts else None


class Book:
    """One loan's facts, as posted."""

    def __init__(self, facts):
        (self.opened,) = (data for kind, data in facts if kind == "loan.opened")
        self.dues = sorted((day_in(one["due_on"]), owed(one)) for one in self.opened["instalments"])
        self.money = [(day_in(data["value_on"]), cents(data["amount"])) for kind, data in facts if kind == PAID]
        self.closed = any(kind == "loan.closed" for kind, _ in facts)

    def unpaid(self, day):
        """The due dates before *day* that the money valued up to it does not cover."""
        paid = sum(amount for on, amount in self.money if on <= day)
        upto = accumulate(amount for _, amount in self.dues)
        return [on for (on, _), whole in zip(self.dues, upto, strict=True) if on < day and whole > paid]

    def missed(self, told):
        """The due dates that went by unpaid before *told*: money of the day itself is in time."""
        upto = list(accumulate(amount for _, amount in self.dues))
        paid = {day: sum(amount for on, amount in self.money if on <= day) for day, _ in self.dues}
        return [day for (day, _), whole in zip(self.dues, upto, strict=True) if day < told and whole > paid[day]]

    def months(self, as_of, told):
        """By month, the month of *as_of* first: due, paid, missed, and days late at its end."""
        opened = day_in(self.opened["opened_on"])
        due = [(on, amount) for on, amount in self.dues if opened <= on < told]
        return {
            "due": by_lag(due, as_of),
            "paid": by_lag(self.money, as_of),
            "missed": by_lag([(on, 1) for on in self.missed(told)], as_of),
            "days_late": [self.days_late(end, told) for end in ends(as_of)],
        }

    def days_late(self, end, told):
        since = self.unpaid(min(end, told))
        return (end - since[0]).days if since else 0

    def features(self, as_of, told):
        """Everything that is told of the loan at the end of *as_of*."""
        months, late = self.months(as_of, told), self.unpaid(told)
        due, paid, missed, days = months.values()
        total, balance = sum(amount for _, amount in self.dues), self.balance()
        lent, ahead = cents(self.opened["principal"]), [(on, amount) for on, amount in self.dues if on >= as_of]
        near = [amount for on, amount in ahead if on <= as_of + timedelta(90)]
        before = balance + sum(paid[:3])
        assert total >= balance
        return {
            "lateness.behind": min(len(late), 1 + max(0, (told - late[0]).days - 1) // 28) if late else 0,
            "lateness.instalments_late": len(late),
            "lateness.past_due_days": days[0],
            "lateness.past_due_days_change": days[0] - days[3],
            "lateness.late_3": sum(missed[:3]),
            "lateness.late_6": sum(missed[:6]),
            "lateness.late_12": sum(missed[:12]),
            "lateness.late_streak": max(map(len, "".join("x" if n else " " for n in missed).split()), default=0),
            "lateness.cleared_share": share(max(0, sum(missed[:12]) - len(late)), sum(missed[:12])),
            "payments.paid_share_3": share(sum(paid[:3]), sum(due[:3])),
            "payments.paid_share_6": share(sum(paid[:6]), sum(due[:6])),
            "payments.paid_share_12": share(sum(paid[:12]), sum(due[:12])),
            "payments.part_paid_6": sum(0 < one < whole for whole, one in zip(due[:6], paid[:6], strict=True)),
            "payments.paying_while_late": days[0] > 0 and any(one > 0 for one in paid[:2]),
            "payments.dues_seen": sum(one > 0 for one in due[:12]),
            "debt.balance": balance,
            "debt.balance_share": share(balance, lent, 2),
            "debt.balance_share_change": round(share(balance, lent, 2) - share(before, lent, 2), 4),
            "debt.age_months": month(as_of) - month(day_in(self.opened["opened_on"])),
            "debt.term_left": share(len(ahead), len(self.dues)),
            "debt.coming": sum(near),
            "debt.coming_times": len(near),
            "debt.beyond": sum(amount for _, amount in ahead) - sum(near),
            "debt.instalment": (ahead or self.dues[-1:])[0][1],
        }

    def balance(self):
        return max(0, sum(amount for _, amount in self.dues) - sum(amount for _, amount in self.money))


PAID = "payment.received"


def by_lag(rows, as_of):
    found = [0] * LAGS
    for on, amount in rows:
        lag = month(as_of) - month(on)
        if 0 <= lag < LAGS:
            found[lag] += amount
    return found


def ends(as_of):
    """*as_of*, then the last day of each month before it."""
    yield as_of
    end = as_of
    for _ in range(LAGS - 1):
        end = end.replace(day=1) - timedelta(1)
        yield end


def month(on):
    return on.year * 12 + on.month


def owed(instalment):
    return cents(instalment["principal"]) + cents(instalment.get("interest", "0"))


def cents(amount):
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0") or "0")


def share(part, whole, most_of_it=1.0):
    return round(min(most_of_it, max(0.0, part / whole)), 4) if whole > 0 else None
