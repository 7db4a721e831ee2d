"""The end of a run: the summary as a table or as one JSON object, and one borrower's story."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.replay.runner import Run
from shared.events import SOURCES

STORY_MAX = 60


async def summary_of(run: Run, kafka: str) -> dict[str, Any]:
    """The figures of *run*, as the plumbing specification lists them."""
    street = run.street
    standing = await street.quiet()
    events = {SOURCES[house]: state["said"] for house, state in zip(street.houses, standing, strict=True)}
    aging = (await street.get("ingest", "/v1/portfolio/aging"))["buckets"]
    receipts = {name: run.receipts.get(name, 0) for name in ("accepted", "duplicates", "held", "rejected")}
    return {
        "facts": receipts,
        "events": events,
        "buckets": _loans_per_bucket(aging),
        "contacts": run.tally.contacts(),
        "promises": run.tally.promises(),
        "answers": dict(run.answers.given),
        "steps": run.steps,
        "parked": sum(state["parked"] for state in standing),
        "seconds": round(run.seconds, 1),
        "events_per_second": round(sum(events.values()) / run.seconds, 1) if run.seconds else 0,
        "kafka": kafka,
        "borrower": run.tally.most_eventful() or run.portfolio.borrowers[0].customer_id,
        "synthetic": run.portfolio.synthetic,
    }


def _loans_per_bucket(aging: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Loans per bucket, whatever their currency."""
    found: dict[str, int] = {}
    for row in aging:
        name = row["bucket"] or "none"
        found[name] = found.get(name, 0) + row["loans"]
    return found


def print_summary(console: Console, summary: Mapping[str, Any], notes: Sequence[str]) -> None:
    """The summary as a table."""
    table = Table(title="What happened", show_header=False, title_justify="left")
    for name, value in _lines(summary):
        table.add_row(name, value)
    for note in notes:
        table.add_row("note", note)
    console.print(table)


def _lines(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    def joined(counts: Mapping[str, Any]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"

    contacts = summary["contacts"]
    return [
        ("data", "synthetic" if summary["synthetic"] else "real records"),
        ("facts", joined(summary["facts"])),
        *((f"events on {topic}", str(count)) for topic, count in summary["events"].items()),
        ("loans per bucket", joined(summary["buckets"])),
        ("contacts", joined({name: contacts[name] for name in ("planned", "sent", "cancelled")})),
        ("contacts withheld, by rule", joined(contacts["withheld"])),
        ("promises", joined(summary["promises"])),
        ("parked", str(summary["parked"])),
        ("took", f"{summary['seconds']} s, {summary['events_per_second']} events a second"),
        ("kafka", summary["kafka"]),
        ("peak memory, MiB", joined(summary["peak_mib"])),
    ]


def print_story(console: Console, customer_id: str, told: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """One borrower's story, a line an announcement."""
    console.print(f"\nThe story of {customer_id}, as the houses told it ({len(told)} announcements):")
    shown = told if len(told) <= STORY_MAX else [*told[: STORY_MAX // 2], *told[-STORY_MAX // 2 :]]
    for house, item in shown:
        console.print(
            f"  {item['time'][:16]}  {house:8} {item['type']:22} {_gist(item)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    if len(shown) < len(told):
        console.print(f"  ({len(told) - len(shown)} announcements in the middle left out)")


GIST = (
    "loan_id", "amount", "value_on", "number", "due_on", "bucket_from", "bucket_to", "stage", "delinquent_amount",
    "treatment", "situation", "step", "channel", "reason", "kind", "promise_id", "paid", "default_probability",
    "not_before",
)  # fmt: skip


def _gist(item: Mapping[str, Any]) -> str:
    data = json.loads(item["data"])
    parts = [f"{name}={data[name]}" for name in GIST if isinstance(data.get(name), str | int)]
    decision = data.get("decision")
    if isinstance(decision, dict):
        parts.append(f"gate={decision['decision']}" + (f" by {decision['rule']}" if decision.get("rule") else ""))
    return " ".join(parts)
