"""Why an input is refused: a stable code, the place, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from schemas.money import AMOUNT_MINOR_MAX

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class Code(StrEnum):
    """The codes, in the order in which they are looked for; the first that applies is given."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    NOT_AN_OBJECT = "not_an_object"
    NOT_A_CLOUD_EVENT = "not_a_cloud_event"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_FIELD = "missing_field"
    FLOAT_AMOUNT = "float_amount"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    UNKNOWN_CURRENCY = "unknown_currency"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    NOT_A_DATE = "not_a_date"
    NOT_AN_INSTANT = "not_an_instant"
    TOO_LONG = "too_long"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_VALUE = "unknown_value"
    INCONSISTENT = "inconsistent"
    TOO_LATE = "too_late"
    UNKNOWN_TRANSACTION = "unknown_transaction"
    UNKNOWN_CATEGORY = "unknown_category"
    PROVIDER_PAUSED = "provider_paused"
    FOLD_FAILED = "fold_failed"


WHAT_TO_DO: dict[Code, str] = {
    Code.EMPTY: "Send a JSON object as the record's value; an empty value means nothing here.",
    Code.TOO_LARGE: "Keep the record's value at or below 65,536 bytes.",
    Code.NOT_UTF8: "Encode the value as UTF-8.",
    Code.TOO_DEEP: "Nest objects and lists at most 32 deep.",
    Code.NOT_JSON: "Send valid JSON, without NaN or Infinity.",
    Code.DUPLICATE_KEY: "Give each member of a JSON object once.",
    Code.NOT_AN_OBJECT: "Send one JSON object a record.",
    Code.NOT_A_CLOUD_EVENT: "Give id, source, type and specversion 1.0, and data as a JSON object.",
    Code.UNKNOWN_TYPE: "Send only the event types that the topic's table lists.",
    Code.MISSING_FIELD: "Add the field; the topic's schema says which are required.",
    Code.FLOAT_AMOUNT: "Send amounts as whole numbers of the currency's minor unit.",
    Code.AMOUNT_OUT_OF_RANGE: f"Amounts lie within {AMOUNT_MINOR_MAX:,} and the schema's bounds.",
    Code.UNKNOWN_CURRENCY: "Use an ISO 4217 code in capitals, such as EUR.",
    Code.DATE_OUT_OF_RANGE: "Dates lie between 1970-01-01 and 2100-12-31.",
    Code.NOT_A_DATE: "Write calendar dates as 2026-01-31.",
    Code.NOT_AN_INSTANT: "Write instants with a zone, as in 2026-01-31T09:30:00+01:00.",
    Code.TOO_LONG: "Shorten the text or list to the length that the schema gives.",
    Code.WRONG_TYPE: "Send the JSON type that the schema gives; nothing is converted.",
    Code.UNKNOWN_VALUE: "Send one of the values, or a value of the form, that the schema gives.",
    Code.INCONSISTENT: "Fields contradict each other; the message names them.",
    Code.TOO_LATE: "Corrections are taken for 92 days; correct older ones in your own records.",
    Code.UNKNOWN_TRANSACTION: "Answer transactions of the last 92 days that were imported before.",
    Code.UNKNOWN_CATEGORY: "Name a category of the taxonomy, or one of the user's own.",
    Code.PROVIDER_PAUSED: "An operator paused this provider; redrive it once that is over.",
    Code.FOLD_FAILED: "A bug of Penstock's: report it with the record; redrive it once mended.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that was not accepted. It holds no value from the input, only where it was wrong."""

    code: Code
    where: str = ""
    detail: str = ""

    @property
    def sentence(self) -> str:
        """Say in one line what is wrong and what to do."""
        place = f"{self.where}: " if self.where else ""
        detail = f"{self.detail}. " if self.detail else ""
        return f"{place}{detail}{WHAT_TO_DO[self.code]}"


_BY_ERROR_TYPE = {
    "missing": Code.MISSING_FIELD,
    "union_tag_not_found": Code.MISSING_FIELD,
    "date_type": Code.NOT_A_DATE,
    "date_parsing": Code.NOT_A_DATE,
    "date_from_datetime_parsing": Code.NOT_A_DATE,
    "date_from_datetime_inexact": Code.NOT_A_DATE,
    "datetime_type": Code.NOT_AN_INSTANT,
    "datetime_parsing": Code.NOT_AN_INSTANT,
    "datetime_from_date_parsing": Code.NOT_AN_INSTANT,
    "datetime_object_invalid": Code.NOT_AN_INSTANT,
    "timezone_aware": Code.NOT_AN_INSTANT,
    "string_too_long": Code.TOO_LONG,
    "too_long": Code.TOO_LONG,
    "json_invalid": Code.NOT_JSON,
}
_MAPS = {"parameters"}
_RANK = {code: rank for rank, code in enumerate(Code)}


def _code_of(error: "ErrorDetails") -> Code:
    kind, field = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if field.endswith("_minor") or "_minor_" in field:
        if kind in {"int_type", "int_from_float", "int_parsing"} and isinstance(
            error.get("input"), float
        ):
            return Code.FLOAT_AMOUNT
        if kind in {"greater_than_equal", "less_than_equal", "int_parsing_size"}:
            return Code.AMOUNT_OUT_OF_RANGE
    if kind in _BY_ERROR_TYPE:
        return _BY_ERROR_TYPE[kind]
    if kind in set(Code):
        return Code(kind)
    return Code.WRONG_TYPE if kind.endswith("_type") else Code.UNKNOWN_VALUE


def _place(steps: tuple[int | str, ...]) -> list[str]:
    # The keys of a map are the producer's own words: they stay out of logs and headers.
    return [
        "*" if before in _MAPS else str(step)
        for before, step in zip((None, *steps), steps, strict=False)
    ]


def refusal_of(error: "ValidationError") -> Refusal:
    """Choose the first reason in the codes' order, and the first place it was found at."""
    details = error.errors(include_url=False)
    chosen = min(details, key=lambda detail: _RANK[_code_of(detail)])
    where = ".".join(_place(chosen["loc"]))
    # Only our own validators' messages are passed on: pydantic's may quote the input.
    code = _code_of(chosen)
    detail = chosen["msg"] if code is Code.INCONSISTENT else ""
    return Refusal(code, where[:200], detail)
