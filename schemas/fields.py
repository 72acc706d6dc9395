"""The kinds of field that events are made of, each with its bounds and its error."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.money import AMOUNT_MINOR_MAX, EXPONENTS

FIRST_DATE = date(1970, 1, 1)
LAST_DATE = date(2100, 12, 31)

# Printable and without spaces, so that an id can stand in a key, a header, a link and a log.
_ID_PATTERN = r"^[\x21-\x7e]+$"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII
)


def _known_currency(currency: str) -> str:
    if currency not in EXPONENTS:
        raise PydanticCustomError("unknown_currency", "should be an ISO 4217 code in capitals")
    return currency


def _between_first_and_last(day: date) -> date:
    if not FIRST_DATE <= day <= LAST_DATE:
        raise PydanticCustomError("date_out_of_range", "should lie between 1970 and 2100")
    return day


def _instant_between_first_and_last(instant: datetime) -> datetime:
    _between_first_and_last(instant.date())
    return instant


# Pydantic reads digits as seconds since 1970; a bank that sends them has a bug.
def _written_as_date(value: Any) -> Any:
    if type(value) is date or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise PydanticCustomError("not_a_date", "should look like 2026-01-31")


def _written_as_instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError("not_an_instant", "should look like 2026-01-31T09:30:00+01:00")


UserId = Annotated[str, Field(min_length=1, max_length=128, pattern=_ID_PATTERN)]
AccountId = Annotated[str, Field(min_length=1, max_length=128, pattern=_ID_PATTERN)]
TransactionId = Annotated[str, Field(min_length=1, max_length=256, pattern=_ID_PATTERN)]
SubjectId = Annotated[str, Field(min_length=1, max_length=128, pattern=_ID_PATTERN)]
CategoryId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_.:-]+$")]
Currency = Annotated[
    str,
    AfterValidator(_known_currency),
    Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}),
]
AmountMinor = Annotated[int, Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX)]
SumMinor = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A sum of amounts: it may pass the bound of one amount, and fits a reader's 64 bits."""
PositiveMinor = Annotated[int, Field(gt=0, le=AMOUNT_MINOR_MAX)]
CalendarDate = Annotated[
    date,
    # Strict mode would refuse the text that the validator before it lets through.
    Field(strict=False),
    BeforeValidator(_written_as_date),
    AfterValidator(_between_first_and_last),
]
Instant = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_written_as_instant),
    AfterValidator(_instant_between_first_and_last),
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
MerchantCode = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
Revision = Annotated[int, Field(ge=0, le=2**53)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
