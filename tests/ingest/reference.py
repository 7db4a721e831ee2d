"""The figures of a loan told again in plain Python: all facts at once, whole cents, no state, no order of arrival."""

from datetime import timedelta

from shared.events import repayments as said


def reference(facts, as_of):
    """What is owed and how late on *as_of*, from recorded facts of one instalment loan, in any order."""
    once = {(one.posted.source, one.posted.id): one.posted for one in facts}
    voided = {(one.fact.source, one.fact.id) for one in once.values() if isinstance(one.fact, said.FactVoided)}
    book = Book([one for key, one in once.items() if key not in voided])
    return book.figures(as_of)


def in_cents(figures):
    """The figures of the house, as the reference tells them."""
    return {
        "days": figures.past_due_days,
        "paused": figures.paused_days if figures.overdue_since else 0,
        "delinquent": figures.delinquent_days,
        "amount": int(figures.delinquent_amount * 100),
        "since": figures.overdue_since,
        "owed": int(figures.outstanding * 100),
    }


class Book:
    def __init__(self, valid):
        self.of = {}
        for one in valid:
            self.of.setdefault(type(one.fact), []).append(one)
        (self.opening,) = (one.fact for one in self.of[said.LoanOpened])
        self.reversed = {one.about_identity: one.at for one in self.all(said.PaymentReversed)}

    def all(self, cls):
        return self.of.get(cls, [])

    def money(self, until, known=None):
        """Cents with effect by *until*; with *known*, as it looked in that second."""
        total = 0
        for one in self.all(said.PaymentReceived):
            taken_back_at = self.reversed.get(one.identity)
            is_gone = taken_back_at is not None and (known is None or taken_back_at <= known)
            if one.fact.value_on <= until and (known is None or one.at <= known) and not is_gone:
                total += cents(one.fact.amount)
        for one in self.all(said.BalanceAdjusted):
            fact = one.fact
            if fact.instalment is None and fact.amount < 0 and fact.effective_on <= until:
                total += -cents(fact.amount) if known is None or one.at <= known else 0
        return total

    def changes(self, as_of):
        """Fees, chargebacks and adjustments owed on *as_of*: (date, second, kind, cents, instalment)."""
        fees = [(one.fact, one.at, min(one.fact.due_on, one.recorded_on)) for one in self.all(said.FeeCharged)]
        backs = [(one.fact, one.at) for one in self.all(said.ChargebackPosted)]
        adjusted = [(one.fact, one.at) for one in self.all(said.BalanceAdjusted)]
        return [
            *((fact.due_on, at, "fee", cents(fact.amount), fact.fee_id) for fact, at, since in fees if since <= as_of),
            *((f.value_on, at, "back", cents(f.amount), f.chargeback_id) for f, at in backs if f.value_on <= as_of),
            *(
                (fact.effective_on, at, "adjust", cents(fact.amount), fact.instalment)
                for fact, at in adjusted
                if fact.effective_on <= as_of and (fact.instalment is not None or fact.amount > 0)
            ),
        ]

    def schedule(self, as_of):
        undone = {one.fact.revision_id for one in self.all(said.ScheduleRestored) if one.fact.effective_on <= as_of}
        revisions = [one for one in self.all(said.LoanRescheduled) if one.fact.effective_on <= as_of]
        revisions = [one for one in revisions if one.fact.revision_id not in undone]
        old, rows, left = [], rows_of(self.opening.instalments), self.changes(as_of)
        for one in sorted(revisions, key=lambda one: (one.fact.effective_on, one.at, one.fact.revision_id)):
            contained = [c for c in left if c[0] <= one.fact.effective_on and c[1] <= one.at]
            left = [c for c in left if c not in contained]
            whole = old + self.with_changes(rows, contained)
            pour(whole, self.money(one.fact.effective_on, one.at))
            old = [{**row, "owed": row["paid"], "back": []} for row in whole if row["paid"]]
            rows = rows_of(one.fact.instalments)
        return old + self.with_changes(rows, left)

    def with_changes(self, rows, changes):
        count = len(rows)
        for on, _, kind, amount, _ in sorted((c for c in changes if c[2] != "adjust"), key=lambda c: c[:2]):
            holder = period(rows[:count], on)
            if holder is None:
                rows.append({"due": on, "owed": amount, "back": [], "number": None})
                continue
            holder["owed"] += amount
            holder["back"] += [(on, amount)] if kind == "back" else []
        for on, _, _, amount, number in sorted((c for c in changes if c[2] == "adjust"), key=lambda c: c[:2]):
            self.adjust(rows, count, on, amount, number)
        for row in rows:
            row["owed"] = max(0, row["owed"])
        return rows

    def adjust(self, rows, count, on, amount, number):
        if number is None:
            pour(rows, self.money(on))
            row = next((row for row in rows if row["paid"] < row["owed"]), None)
        else:
            row = next((row for row in rows[:count] if row["number"] == number), None) or period(rows[:count], on)
        if row is None:
            rows.append({"due": on, "owed": amount, "back": [], "number": None})
        else:
            row["owed"] += amount

    def pauses(self):
        windows = [[one.fact.from_on, one.fact.until_on, one.at] for one in self.all(said.DelinquencyPaused)]
        for one in sorted(self.all(said.DelinquencyResumed), key=lambda one: one.at):
            meant = [w for w in windows if w[2] <= one.at and w[0] <= one.fact.on <= w[1]]
            if meant:
                max(meant)[1] = one.fact.on
        return windows

    def figures(self, as_of):
        nothing = {"days": 0, "paused": 0, "delinquent": 0, "amount": 0, "since": None, "owed": 0}
        closed = any(one.fact.on <= as_of for one in self.all(said.LoanClosed))
        if as_of < self.opening.opened_on or closed:
            return nothing
        rows = self.schedule(as_of)
        over = pour(rows, self.money(as_of))
        if over:
            return nothing
        late = [part for row in rows if (part := lateness(row, as_of))]
        owed = sum(row["owed"] - row["paid"] for row in rows)
        if not late:
            return {**nothing, "owed": owed}
        since = min(start for start, _ in late)
        days = [since + timedelta(n) for n in range((as_of - since).days)]
        paused = sum(any(start <= on < end for start, end, _ in self.pauses()) for on in days)
        return {
            "days": len(days),
            "paused": paused,
            "delinquent": max(0, len(days) - paused - self.opening.grace_days),
            "amount": sum(amount for _, amount in late),
            "since": since,
            "owed": owed,
        }


def cents(amount):
    return int(amount * 100)


def rows_of(instalments):
    return [{"due": one.due_on, "owed": whole(one), "back": [], "number": one.number} for one in instalments]


def whole(instalment):
    """Principal, interest and fees, in cents."""
    return sum(cents(part or 0) for part in (instalment.principal, instalment.interest, instalment.fees))


def pour(rows, money):
    for row in rows:
        row["paid"] = min(money, row["owed"])
        money -= row["paid"]
    return money


def period(rows, on):
    inside = [row for row in rows if on < row["due"]]
    last = [row for row in rows[-1:] if row["due"] == on]
    return next(iter(inside + last), None)


def lateness(row, as_of):
    """(since, cents past due) of one instalment; None when nothing of it is."""
    unpaid = row["owed"] - row["paid"]
    uncovered = [on for n, (on, _) in enumerate(row["back"]) if sum(b for _, b in row["back"][: n + 1]) > row["paid"]]
    since = min([row["due"], *uncovered[:1]]) if uncovered else row["due"]
    if row["due"] >= as_of:
        unpaid = min(unpaid, sum(back for on, back in row["back"] if on < as_of) - row["paid"])
    return (since, unpaid) if unpaid > 0 and since < as_of else None
