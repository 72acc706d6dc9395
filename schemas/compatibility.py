"""Whether a published schema still promises what it promised when it was published.

A closed schema is for producers: what was valid must stay valid. An open one is for readers: what
was always there must stay there. Additions break neither.
"""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

Schema = Mapping[str, Any]

# Lower bounds tighten upwards, upper bounds downwards.
_BOUNDS = (
    ("minimum", "exclusiveMinimum", 1),
    ("maximum", "exclusiveMaximum", -1),
    ("minLength", "", 1),
    ("maxLength", "", -1),
    ("minItems", "", 1),
    ("maxItems", "", -1),
)
# Nobody can say of two patterns which is narrower, so each new one counts.
_FORMS = ("pattern", "format", "multipleOf", "uniqueItems")
_WORDS_ONLY = {"$schema", "$id", "$defs", "title", "description"}


def contract_problems(
    golden: Mapping[str, Schema], today: Mapping[str, Schema], changelog: str
) -> list[str]:
    """Name what would surprise who relies on the golden schemas; both by event type."""
    problems = [f"{name}: has no golden schema" for name in today if name not in golden]
    for name, old in golden.items():
        if name not in today:
            problems.append(f"{name}: is no longer published")
            continue
        broken = breaking_changes(old, today[name])
        problems += [f"{name}: {change}" for change in broken]
        changed = _resolved(old, old) != _resolved(today[name], today[name])
        if changed and not broken and name not in changelog:
            problems.append(f"{name}: has changed, but no line of CHANGELOG.md names it")
    return problems


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Name each promise of *old* that *new* breaks, by the place it is broken at."""
    return list(_changes(_resolved(old, old), _resolved(new, new), "value"))


def _resolved(node: Any, root: Schema) -> Any:
    """Put each part where it is referred to, and leave out what is only for people."""
    if isinstance(node, list):
        return [_resolved(item, root) for item in node]
    if not isinstance(node, Mapping):
        return node
    beside = {key: value for key, value in node.items() if key not in _WORDS_ONLY | {"$ref"}}
    resolved = {key: _resolved(value, root) for key, value in beside.items()}
    if "properties" in node:
        # Here the keys are fields' names; one may well be called description.
        fields = node["properties"]
        resolved["properties"] = {name: _resolved(field, root) for name, field in fields.items()}
    if "$ref" in node:
        part = root["$defs"][node["$ref"].rpartition("/")[2]]
        return _resolved(part, root) | resolved
    return resolved


def _changes(old: Schema, new: Schema, at: str) -> Iterator[str]:
    if "default" in old and "default" in new and old["default"] != new["default"]:
        yield f"{at} means {new['default']!r} when left out, no longer {old['default']!r}"
    if _alternatives(old) != [old] or _alternatives(new) != [new]:
        for one in _alternatives(old):
            # The alternative that it fits best tells the most about what went wrong.
            yield from min(
                (list(_changes(one, other, at)) for other in _alternatives(new)), key=len
            )
        return
    yield from _narrowed_values(old, new, at)
    yield from _narrowed_bounds(old, new, at)
    yield from _changed_fields(old, new, at)
    yield from _narrowed_maps(old, new, at)
    if "items" in old and "items" in new:
        yield from _changes(old["items"], new["items"], f"{at}[]")


def _alternatives(node: Schema) -> list[Schema]:
    alternatives: list[Schema] = node.get("anyOf", node.get("oneOf", [node]))
    return alternatives


def _narrowed_values(old: Schema, new: Schema, at: str) -> Iterator[str]:
    if "type" in new:
        kinds = {new["type"], "integer"} if new["type"] == "number" else {new["type"]}
        if old.get("type") not in kinds:
            yield f"{at} no longer takes {old.get('type', 'any type')}"
    allowed = _enumerated(new)
    if allowed is not None:
        before = _enumerated(old)
        gone = ["any value"] if before is None else [one for one in before if one not in allowed]
        yield from (f"{at} no longer takes {value}" for value in gone)


def _enumerated(node: Schema) -> list[Any] | None:
    values: list[Any] | None = [node["const"]] if "const" in node else node.get("enum")
    return values


def _narrowed_bounds(old: Schema, new: Schema, at: str) -> Iterator[str]:
    for inclusive, exclusive, sign in _BOUNDS:
        if _bound(new, inclusive, exclusive, sign) > _bound(old, inclusive, exclusive, sign):
            yield f"{at} has a tighter {inclusive}"
    for form in _FORMS:
        if form in new and new[form] != old.get(form):
            yield f"{at} has another {form}"


def _bound(node: Schema, inclusive: str, exclusive: str, sign: int) -> tuple[float, bool]:
    bounds = [(sign * node[key], key == exclusive) for key in (inclusive, exclusive) if key in node]
    return max(bounds, default=(-inf, False))


def _changed_fields(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    closed = old.get("additionalProperties") is False
    if closed:
        newly = [name for name in new.get("required", ()) if name not in required_before]
        yield from (f"{at}.{name} is newly required" for name in newly)
    for name, field in before.items():
        if name not in after:
            yield f"{at}.{name} is gone"
            continue
        if not closed and name in required_before - required_after:
            yield f"{at}.{name} is no longer always there"
        yield from _changes(field, after[name], f"{at}.{name}")


def _narrowed_maps(old: Schema, new: Schema, at: str) -> Iterator[str]:
    if "propertyNames" in new:
        yield from _changes(old.get("propertyNames", {}), new["propertyNames"], f"{at}'s keys")
    for pattern, value in old.get("patternProperties", {}).items():
        if pattern in new.get("patternProperties", {}):
            yield from _changes(value, new["patternProperties"][pattern], f"{at}.*")
        else:
            yield f"{at}'s keys have another pattern"
    before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _changes(before, after, f"{at}.*")
    elif before is not False and after is not True:
        yield f"{at} no longer takes any further member"
