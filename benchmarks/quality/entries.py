"""Who may enter the contest of categories."""

from benchmarks.quality.contest import Entry
from benchmarks.quality.forest import Forest
from benchmarks.quality.merchant_majority import MerchantMajority
from benchmarks.quality.penstock_categories import PenstockCategories

OWN = "penstock"
FROZEN = "frozen"
FOREST = "forest"

ENTRIES = {
    OWN: Entry(PenstockCategories),
    FROZEN: Entry(PenstockCategories, is_frozen=True),
    FOREST: Entry(Forest),
    "merchant": Entry(MerchantMajority),
}
