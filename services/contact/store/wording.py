"""What a rendered text says, as far as its words can tell it, held against what its author vouches for."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.contact.store.texts import Text

Signs = Mapping[str, re.Pattern[str]]


def _signs(**words: str) -> Signs:
    return MappingProxyType({flag: re.compile(pattern, re.IGNORECASE) for flag, pattern in words.items()})


ANYWHERE: Final = _signs(
    payment_link=r"https?://|\bwww\.",
    phone_number=r"(?<!\w)(?<!\d\.)\+?\d(?:[ ()-]{0,2}\d){6,14}(?!\w|\.\d)",
)
"""What tells in every language. Any link counts as one to pay by: that is the stricter reading."""
BY_LANGUAGE: Final[Mapping[str, Signs]] = MappingProxyType(
    {
        "en": _signs(
            opt_out_included=r"\bSTOP\b|\bunsubscribe\b|\bopt[ -]out\b",
            reply_request=r"\breply\b|\bwrite back\b|\bcall us\b",
            says_debt_collector=r"\bdebt collect(or|ors|ion agency)\b",
            threatens_suit=r"\b(lawsuit|sue|court|litigation)\b",
        ),
        "zh": _signs(
            opt_out_included=r"退订|退出|拒收",
            reply_request=r"回复|回电|致电",
            threatens_suit=r"起诉|诉讼|法院|仲裁",
        ),
    }
)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def misstated(text: Text, body: str, figures: Mapping[str, Any]) -> frozenset[str]:
    """The flags that *body* bears out and its header does not state, or the other way round; none is as it should be.

    The borrower's name and the lender's are no words of the author's, dates and amounts no telephone numbers.
    """
    amounts = [str(one["amount"]) for one in figures.get("amounts", ())]
    said = {"mentions_debt"} if any(amount in body for amount in amounts) else set[str]()
    can_tell = {"mentions_debt"} if amounts else set[str]()
    words = _DATE.sub(" ", body)
    for taken in filter(None, (str(figures.get("name") or ""), str(figures.get("lender") or ""), *amounts)):
        words = words.replace(taken, " ")
    for flag, sign in _signs_of(text.language).items():
        can_tell.add(flag)
        if sign.search(words):
            said.add(flag)
    return frozenset(said ^ (text.says & can_tell))


def _signs_of(language: str) -> Signs:
    return {**ANYWHERE, **BY_LANGUAGE.get(language.partition("-")[0], {})}
