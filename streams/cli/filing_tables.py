"""The tables of `penstock filing try`: what rules would have done, for people."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from processors.state.filing_rules import LEVEL
from streams.cli.state_tables import money
from streams.filing.trial import LABEL, REFUND, TRANSFER, Filed, Trial

_SHOWN_MAX = 50
_TEXT_MAX = 40
_DECIDED_ANEW = "decided anew"
_KEPT = {
    LABEL: "the user's own label stays",
    TRANSFER: "a transfer stays one",
    REFUND: "a refund follows its purchase",
}


def show_trial(console: Console, trial: Trial) -> None:
    """Print the rules, the transactions that they apply to, and the money that would move."""
    console.print(_rules(trial))
    for rule in trial.rules:
        if rule.code:
            console.print(
                f"{rule.rule_id} never applies: {rule.code}: {rule.sentence}", markup=False
            )
    if trial.filed:
        console.print(_filed(trial.filed))
    if len(trial.filed) > _SHOWN_MAX:
        console.print(f"The newest {_SHOWN_MAX} of {len(trial.filed):,}; all of them with --json.")
    moving = sum(own.moves for own in trial.filed)
    if moving:
        console.print(_moves(trial))
    counted = f"{moving:,} of {trial.transactions:,} transactions"
    console.print(f"{counted} would be filed otherwise. Nothing was written.", highlight=False)


def _rules(trial: Trial) -> Table:
    table = Table("rule", "files as", "applies to", "decides", "moves")
    for rule in trial.rules:
        figures = (f"{figure:,}" for figure in (rule.applied, rule.won, rule.moved))
        table.add_row(escape(rule.rule_id), rule.category, *figures)
    return table


def _filed(filed: tuple[Filed, ...]) -> Table:
    table = Table("day", "amount", "text", "now", "with the rules", "rule", "beats")
    for own in reversed(filed[-_SHOWN_MAX:]):
        table.add_row(
            own.booked_on,
            money(own.amount_minor, own.currency),
            escape(own.text[:_TEXT_MAX]),
            own.before,
            _after(own),
            escape(own.rule_id or ""),
            escape(", ".join(own.beaten)),
        )
    return table


def _after(own: Filed) -> str:
    if own.moves:
        return own.after or _DECIDED_ANEW
    return "the same" if own.decided_by == LEVEL else _KEPT.get(own.decided_by, "the same")


def _moves(trial: Trial) -> Table:
    table = Table("month", "from", "to", "transactions", "together")
    for move, count, amount_minor in trial.moves():
        after = move.after or _DECIDED_ANEW
        together = money(amount_minor, move.currency)
        table.add_row(move.month, move.before, after, f"{count:,}", together)
    return table
