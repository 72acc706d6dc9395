"""Learn from what users say of filings, and faintly from what they let stand."""

from msgspec.structs import replace

from models.evidence import FAINTNESS, weight_on
from processors.state.book import Draft
from processors.state.deciding import Answer
from processors.state.entry import Entry
from processors.state.family import family
from processors.state.filing import (
    MODEL,
    Situation,
    decide,
    is_category,
    leaf_of,
    may_be_shared,
    place_of,
    remembered_texts,
)
from processors.state.labels import Given
from processors.state.shared import Shared
from processors.state.transaction import ASK, FILED, Filing, Transaction, identity_of
from processors.state.user import User
from processors.state.verdict import Settled, Verdict
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed, JudgedAnswer, Lesson
from schemas.refusals import Code, Refusal
from schemas.taxonomy import UNKNOWN

SILENT_DAYS = (14, 20)
"""What was let stand for two weeks is a faint yes; it is counted once a week, a week at a time."""
_WEEK_DAYS = 7
_OF_USERS = Filing(level="user", confidence_percent=100, outcome=FILED, raw_percent=100)
# What nobody but the user decided says nothing of how good our answers are.
_NOT_OURS = frozenset({"user", "rule", "none"})


def learn(draft: Draft, user: User, shared: Shared, entry: Entry) -> Settled:
    """Heed an answer about a category; each week, heed silence."""
    event = entry.event
    if isinstance(event, FeedbackGiven) and isinstance(event.about, AboutCategory):
        return _hear(draft, Situation.of(user, shared, entry), event.about, event.revision)
    if isinstance(event, DayPassed):
        _forget(draft, user)
        if (event.day.toordinal() + bucket_of(user.user_id)) % _WEEK_DAYS == 0:
            _heed_silence(draft, user, shared)
    return None


def _hear(
    draft: Draft, situation: Situation, about: AboutCategory, revision: int
) -> Verdict | Refusal:
    user = situation.user
    identity = identity_of(about.account_id, about.transaction_id)
    known = user.labels.cold.given.get(identity)
    if known is not None and revision <= known.revision:
        return Verdict.REPEAT if revision == known.revision else Verdict.STALE
    found = draft.find(identity)
    if found is None or (found.gone == "removed" and about.verdict != "withdrawn"):
        return Refusal(Code.UNKNOWN_TRANSACTION, "about.transaction_id")
    if about.category is not None and not is_category(about.category, user):
        return Refusal(Code.UNKNOWN_CATEGORY, "about.category")
    lives = family(found, draft.find)
    own = lives[-1]
    if about.verdict in {"accepted", "rejected"} and not _is_as_filed(own):
        return Verdict.UNUSED
    was = _take_back(draft, user, lives)
    if about.verdict == "withdrawn":
        _withdraw(draft, user, own, identity, revision, was)
    elif about.verdict == "rejected":
        _reject(draft, situation, own, identity, Given(revision, was=was))
    else:
        category = about.category if about.verdict == "set" else own.category
        _teach(draft, situation, own, identity, Given(revision, category or "", was=was))
    return Verdict.APPLIED


def _is_as_filed(own: Transaction) -> bool:
    """Say whether the category is what its text was taken to mean: a transfer's is not."""
    return own.category == own.filing.category != UNKNOWN.id


def _take_back(draft: Draft, user: User, lives: list[Transaction]) -> Filing:
    """Undo what was said of a payment, by whichever id; give how it had been filed before."""
    was = lives[-1].filing
    for one in reversed(lives):
        known = user.labels.cold.given.get(one.identity)
        if known is None or not known.says_something:
            continue
        was, labels = known.was, user.labels.change_cold()
        fallen = labels.take_back(one.identity)
        labels.remember(one.identity, Given(known.revision, was=was))
        _share(draft, known.merchant_key, known.shared, -fallen)
        draft.put(replace(one, filing=was, category=was.category))
    return was


def _share(draft: Draft, merchant_key: str, category: str, weight: int) -> None:
    """Let all users learn it, from its own place in the journal, which names nobody."""
    if category and weight:
        lesson = Lesson(merchant_key=merchant_key, category=category, weight=weight)
        draft.taught.append(lesson)


def _withdraw(
    draft: Draft, user: User, own: Transaction, identity: int, revision: int, was: Filing
) -> None:
    user.labels.change_cold().remember(identity, Given(revision, was=was))
    draft.put(replace(own, filing=was, category=was.category))


def _reject(
    draft: Draft, situation: Situation, own: Transaction, identity: int, given: Given
) -> None:
    """Never file so here again by itself, and file this one as the next best."""
    user, was = situation.user, given.was
    _judge(draft, situation, was, is_right=False)
    given = replace(given, rejected=was.category, merchant_key=own.merchant_key, day=situation.day)
    user.labels.change_cold().add(identity, given, corrects=False)
    filing = decide(own, remembered_texts(own), situation).filing
    if filing.category == was.category:
        filing = Filing()  # Who wants nothing learned is filed by the dictionary, again and again.
    draft.put(replace(own, filing=filing, category=filing.category))


def _teach(
    draft: Draft, situation: Situation, own: Transaction, identity: int, given: Given
) -> None:
    user, shared = situation.user, situation.shared
    category, was = given.category, given.was
    is_right = category == was.category
    asked = decide(own, remembered_texts(own), situation)
    _judge_arms(shared, asked.answers, asked.arm, category, is_right=is_right)
    _judge(draft, situation, was, is_right=category == _guess_of(was))
    given = replace(
        given,
        merchant_key=own.merchant_key,
        place=place_of(own),
        likely=next(iter(asked.answers.values())).likely if asked.answers else "",
        day=situation.day,
        shared=leaf_of(category, user) if may_be_shared(own) else "",
    )
    # Who goes back to what we had said at first corrects what stands there now.
    corrects = not is_right or category != own.filing.category
    given = user.labels.change_cold().add(identity, given, corrects=corrects)
    _share(draft, given.merchant_key, given.shared, given.weight)
    draft.put(replace(own, filing=replace(_OF_USERS, category=category), category=category))


def _guess_of(was: Filing) -> str:
    """Give what we took to be the likeliest, though we may not have been sure enough to say so."""
    return was.alternatives.partition("=")[0] if was.outcome == ASK else was.category


def _judge(draft: Draft, situation: Situation, was: Filing, *, is_right: bool) -> None:
    """Take an answer of ours as tested, if the user says yes as well as no."""
    if was.level in _NOT_OURS or was.raw_percent == 0:
        return
    if is_right or situation.user.labels.cold.confirms:
        weight = weight_on(situation.day)
        draft.taught.append(JudgedAnswer(percent=was.raw_percent, is_right=is_right, weight=weight))


def _judge_arms(
    shared: Shared, answers: dict[str, Answer], arm: str, category: str, *, is_right: bool
) -> None:
    """Take note of which of the two artifacts would have been right, while there are two."""
    challenger = shared.activated.challengers.get(MODEL)
    if challenger is None or challenger.sha256 not in answers:
        return
    arms = shared.population.arms_of(challenger.sha256)
    own = arms.challenger if arm == challenger.sha256 else arms.active
    own.accepted += is_right
    own.corrected += not is_right
    right = {sha256 for sha256, one in answers.items() if one.category == category}
    if len(right) == 1:
        is_challenger = challenger.sha256 in right
        arms.only_challenger_right += is_challenger
        arms.only_active_right += not is_challenger


def _forget(draft: Draft, user: User) -> None:
    """What has left the window cannot be answered any more; what it taught stays."""
    for own in draft.left:
        if own.identity in user.labels.cold.given:
            user.labels.change_cold().forget(own.identity)


def _heed_silence(draft: Draft, user: User, shared: Shared) -> None:
    """Count what a user who does answer has let stand."""
    if not user.labels.cold.usual:
        return
    today = shared.today(user.user_id)
    weight = weight_on(today) // FAINTNESS
    for own in draft.between(today - SILENT_DAYS[1], today - SILENT_DAYS[0]):
        filing = own.filing
        if (
            not own.counts
            or filing.outcome != FILED
            or filing.level in _NOT_OURS
            or own.category != filing.category
            or own.identity in user.labels.cold.given
        ):
            continue
        user.labels.change_cold().believe(own.merchant_key, filing.category, weight)
        if may_be_shared(own):
            _share(draft, own.merchant_key, leaf_of(filing.category, user), weight)
