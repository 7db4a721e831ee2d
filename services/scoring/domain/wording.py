"""Every reason in words, in Chinese and in English; events carry the codes, doors show the texts.

They say what the record shows and are written so that they can be read to the borrower.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Wording(NamedTuple):
    """One sentence in the two languages of the house."""

    zh_cn: str
    en: str


WORDINGS: Final[Mapping[str, Wording]] = {
    "behind-0": Wording("目前没有逾期。", "Nothing is past due now."),
    "behind-1": Wording("目前有一期未还。", "One instalment is behind now."),
    "behind-2": Wording("目前有两期未还。", "Two instalments are behind now."),
    "behind-3": Wording("目前有三期未还。", "Three instalments are behind now."),
    "behind-4": Wording("目前有四期或以上未还。", "Four or more instalments are behind now."),
    "charged-off": Wording("贷款已核销。", "The loan has been charged off."),
    "paid-share-6-full": Wording("近六个月应还款项已全部还清。", "Everything due in the last six months was paid."),
    "paid-share-6-most": Wording("近六个月还了大部分应还款项。", "Most of what was due in six months was paid."),
    "paid-share-6-part": Wording("近六个月只还了部分应还款项。", "Only part of what was due in six months was paid."),
    "paid-share-6-little": Wording("近六个月还款很少。", "Little of what was due in the last six months was paid."),
    "paid-share-falling": Wording("近三个月还款比之前减少。", "Less of what is due is being paid than before."),
    "paid-share-steady": Wording("还款比例与之前相近。", "About as much of what is due is paid as before."),
    "paid-share-rising": Wording("近三个月还款比之前增加。", "More of what is due is being paid than before."),
    "part-paid-none": Wording("近六个月没有部分还款。", "There were no part payments in six months."),
    "part-paid-once": Wording("近六个月有一次部分还款。", "One month in the last six was paid only in part."),
    "part-paid-often": Wording("近六个月多次只还了一部分。", "Several months in the last six were paid only in part."),
    "funds-none": Wording("没有因余额不足而扣款失败。", "No collection failed for lack of funds."),
    "funds-once": Wording("有一次因余额不足扣款失败。", "One collection failed for lack of funds."),
    "funds-often": Wording("多次因余额不足扣款失败。", "Several collections failed for lack of funds."),
    "days-falling": Wording("逾期天数比三个月前减少。", "Fewer days past due than three months ago."),
    "days-steady": Wording("逾期天数与三个月前相近。", "About as many days past due as three months ago."),
    "days-rising": Wording("逾期天数比三个月前明显增加。", "Many more days past due than three months ago."),
    "streak-short": Wording("没有连续多月逾期。", "There was no long run of late months."),
    "streak-long": Wording("曾连续三个月或以上逾期。", "Three or more months in a row were late."),
    "balance-falling": Wording("欠款余额在下降。", "The balance is going down."),
    "balance-steady": Wording("欠款余额变化不大。", "The balance hardly changes."),
    "balance-rising": Wording("欠款余额在上升。", "The balance is going up."),
    "late-never": Wording("近十二个月没有逾期。", "No instalment was late in twelve months."),
    "late-seldom": Wording("近十二个月偶有逾期。", "Few instalments were late in twelve months."),
    "late-often": Wording("近十二个月多次逾期。", "Many instalments were late in twelve months."),
    "cleared-none": Wording("逾期的款项尚未还清。", "What was late has not been paid off."),
    "cleared-some": Wording("部分逾期款项已还清。", "Some of what was late has been paid off."),
    "cleared-all": Wording("逾期款项最终都已还清。", "All that was late was paid off in the end."),
    "promises-kept": Wording("还款承诺基本都兑现了。", "Promises to pay were mostly kept."),
    "promises-mixed": Wording("还款承诺有的兑现，有的没有。", "Some promises to pay were kept, some were not."),
    "promises-seldom-kept": Wording("还款承诺多数没有兑现。", "Most promises to pay were not kept."),
    "answers-seldom": Wording("很少回应联系。", "Contacts are seldom answered."),
    "answers-sometimes": Wording("有时回应联系。", "Contacts are sometimes answered."),
    "answers-often": Wording("经常回应联系。", "Contacts are often answered."),
    "paying-not": Wording("近期没有还款，或没有逾期。", "No payment came while late, or nothing is late."),
    "paying-while-late": Wording("逾期期间仍在还款。", "Payments keep coming although the loan is late."),
    "arrangement-none": Wording("没有正在履行的还款安排。", "No arrangement is being kept."),
    "arrangement-kept": Wording("正在履行或已完成还款安排。", "An arrangement is being kept or was completed."),
    "arrangements-unbroken": Wording("没有未履行的还款安排。", "No arrangement was broken."),
    "arrangements-broken": Wording("有还款安排未能履行。", "An arrangement could not be kept."),
    "model-payments": Wording("近期的还款情况。", "How payments came in recent months."),
    "model-lateness": Wording("近期的逾期情况。", "How late instalments were in recent months."),
    "model-balance": Wording("欠款余额及其变化。", "The balance and how it changes."),
    "model-terms": Wording("贷款的期限和金额。", "The age and the size of the loan."),
    "model-failures": Wording("扣款失败的情况。", "How collections failed."),
    "model-promises": Wording("还款承诺的兑现情况。", "How promises to pay were kept."),
    "model-answers": Wording("对联系的回应情况。", "How contacts were answered."),
    "model-arrangements": Wording("还款安排的履行情况。", "How arrangements were kept."),
}
