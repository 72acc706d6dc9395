"""One slice of three records, and each step of its life gone wrong in each way."""

import asyncio
from collections.abc import Callable, Iterator

from sample.dice import Dice
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.topics import FEEDBACK, TOPICS, TRANSACTIONS
from schemas.transactions import TransactionImported
from streams.protocols import Message
from tests.simulator.faults import CRASHES, UNKNOWN, AtStep
from tests.simulator.scenario import Plan, Result, Run, carry_out
from tests.simulator.workload import BASE
from tests.simulator.world import Outcome

SEED = 4
PLAN = Plan(
    topics={topic.name: 1 for topic in TOPICS},
    workers=1,
    records=3,
    trouble_s=5,
    clock="data",
    gaps_permille=0,
    cached_users_max=100,
    marker_s_max=0.005,
    chunk_bytes_max=1,
    users_removed_at_once=1,
    slice_records_least=8,
    pauses_permille=0,
    start_ms_max=1,
)


def everyday(_run: Run) -> None:
    """Three records come in, and nothing else happens."""


def refold(run: Run) -> None:
    """When all is done the worker is killed, and the store empty before it starts again."""
    loop = asyncio.get_running_loop()
    loop.call_later(3.0, run.workers[0].crash)
    loop.call_later(3.1, run.disk.fall_back, 0)


def upgrade(run: Run) -> None:
    """When all is done the worker is replaced by one to which the state is of an older fold."""
    loop = asyncio.get_running_loop()
    loop.call_later(3.0, run.workers[0].crash)
    loop.call_later(3.1, run.disk.age)


PAID = TransactionImported(
    transaction_id="t",
    user_id="household-0",
    account_id="checking",
    amount_minor=-350,
    currency="EUR",
    booked_on=BASE,
    description="Blue Lantern",
    status="posted",
)
SAID = FeedbackGiven(
    feedback_id="f",
    user_id="household-0",
    revision=1,
    about=AboutCategory(
        kind="category",
        verdict="set",
        account_id="checking",
        transaction_id="t",
        category="dining.coffee",
    ),
)


def taught(run: Run) -> None:
    """Somebody pays, and says a little later what for: that is written down for all to learn."""
    later = asyncio.get_running_loop().call_later
    for at_s, topic, event in ((1.0, TRANSACTIONS, PAID), (2.0, FEEDBACK, SAID)):
        message = Message(topic.name, event.user_id.encode(), event.to_json(), [])
        later(at_s, run.broker.append, message, None)


STORIES = {"everyday": everyday, "refold": refold, "upgrade": upgrade, "taught": taught}


def put_out(run: Run) -> None:
    """The group puts the worker out, who learns of it later."""
    process = run.workers[0].process
    if process is not None:
        process.member.leave()


def forget_last(run: Run) -> None:
    """The store loses its last write."""
    run.disk.fall_back(max(0, len(run.disk.writes) - 1))


def forget_all(run: Run) -> None:
    """The store is emptied."""
    run.disk.fall_back(0)


EVENTS = (put_out, forget_last, forget_all)
"""What may happen around a worker, just before a step of its own."""


def told(story: str, fates: AtStep, event: Callable[[Run], None] | None = None) -> Result:
    """Tell a story under given fates."""

    def prepare(run: Run) -> None:
        STORIES[story](run)
        if event is not None:
            fates.before_it = lambda: event(run)

    return carry_out(PLAN, fates, Dice(SEED, 0), prepared=prepare)


def disturbed(story: str) -> Iterator[tuple[str, Result]]:
    """Tell a story once for each step and each thing that may go wrong with it."""
    undisturbed = AtStep()
    yield "nothing", told(story, undisturbed)
    for number, fallible in enumerate(undisturbed.steps, start=1):
        outcomes: tuple[Outcome, ...] = (*CRASHES, *UNKNOWN) if fallible else CRASHES
        for outcome in outcomes:
            yield f"step {number} {outcome}", told(story, AtStep(number, outcome))
        for event in EVENTS:
            yield f"step {number} {event.__name__}", told(story, AtStep(number), event)
