"""Who tells the truth, how much of it, and when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What share of labels arrives, how late, and whether only wrong answers are spoken of."""

    name: str
    says: str
    delay_days: int = 7
    share: float = 1.0
    is_errors_only: bool = False


ALL = Policy("all", "every label, 7 days late")
POLICIES = (
    ALL,
    Policy("all_30_days", "every label, 30 days late", delay_days=30),
    Policy("random_10", "a random tenth of the labels", share=0.1),
    Policy("errors", "every error corrected, silence otherwise", is_errors_only=True),
    Policy("errors_30", "30 % of errors corrected, silence else", share=0.3, is_errors_only=True),
)
