"""Query plans: an expression in, bounds on where its matches can lie out.

Bounds only narrow the search; every candidate is still tested, though an original item not again for when it was
created. They come from the parts that must all hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from google_drive_emulator.grammar.expressions import And, Comparison, Expression, Membership, Or
from google_drive_emulator.world.items import FOLDER


@dataclass(frozen=True, slots=True)
class Plan:
    """Bounds on candidates; times are half-open intervals in epoch milliseconds, ``parent_ids`` are alternatives."""

    created_from_ms: int | None = None
    created_before_ms: int | None = None
    modified_from_ms: int | None = None
    parent_ids: frozenset[str] | None = None
    drive_id: str | None = None
    folders_only: bool = False

    @property
    def bounds_creation(self) -> bool:
        """Tell whether matches were created from some moment on, or before one."""
        return self.created_from_ms is not None or self.created_before_ms is not None

    def spans(self, created_ms: int) -> bool:
        """Tell whether what was created at a moment was so within the bounds."""
        is_early = self.created_from_ms is not None and created_ms < self.created_from_ms
        is_late = self.created_before_ms is not None and created_ms >= self.created_before_ms
        return not is_early and not is_late


EVERYTHING = Plan()


def plan_of(expression: Expression | None, root_id: str) -> Plan:
    """Work out the bounds of an expression; ``root_id`` is what ``root`` stands for."""
    plan = EVERYTHING
    for part in _conjuncts(expression):
        match part:
            case Membership(_, "parents") | Or():
                plan = _narrow_parents(plan, _parents(part, root_id))
            case Comparison("mimeType", "=", value) if value == FOLDER:
                plan = replace(plan, folders_only=True)
            case Comparison("createdTime" | "modifiedTime", sign, int(moment)):
                plan = _narrow_time(plan, part.term, sign, moment)
            case _:
                pass
    return plan


def beyond_creation(expression: Expression | None, plan: Plan) -> Expression | None:
    """Return what is left to ask of the original items among a plan's candidates; None where that is nothing.

    They were created within the plan's bounds, unless it goes by folders. So all listings that differ by nothing but
    times of creation ask the same.
    """
    if plan.parent_ids is not None:
        return expression
    left = tuple(part for part in _conjuncts(expression) if not _bounds_creation(part))
    return And(left) if len(left) > 1 else next(iter(left), None)


def _bounds_creation(part: Expression) -> bool:
    return isinstance(part, Comparison) and part.term == "createdTime" and part.operator != "!="


def _conjuncts(expression: Expression | None) -> Iterator[Expression]:
    if isinstance(expression, And):
        for part in expression.parts:
            yield from _conjuncts(part)
    elif expression is not None:
        yield expression


def _parents(expression: Expression, root_id: str) -> frozenset[str] | None:
    """Return the folders that all matches of an expression lie in; None when they can lie elsewhere."""
    match expression:
        case Membership(value, "parents"):
            return frozenset({root_id if value == "root" else value})
        case Or(parts):
            return _union([_parents(part, root_id) for part in parts])
        case And(parts):
            return next((found for part in parts if (found := _parents(part, root_id)) is not None), None)
        case _:
            return None


def _union(sets: list[frozenset[str] | None]) -> frozenset[str] | None:
    known = [each for each in sets if each is not None]
    return frozenset[str]().union(*known) if len(known) == len(sets) else None


def _narrow_parents(plan: Plan, parents: frozenset[str] | None) -> Plan:
    if parents is None:
        return plan
    return replace(plan, parent_ids=parents if plan.parent_ids is None else plan.parent_ids & parents)


def _narrow_time(plan: Plan, term: str, sign: str, moment_ms: int) -> Plan:
    lower = {">=": moment_ms, ">": moment_ms + 1, "=": moment_ms}.get(sign)
    upper = {"<": moment_ms, "<=": moment_ms + 1, "=": moment_ms + 1}.get(sign)
    if term == "modifiedTime":
        return plan if lower is None else replace(plan, modified_from_ms=_highest(plan.modified_from_ms, lower))
    if lower is not None:
        plan = replace(plan, created_from_ms=_highest(plan.created_from_ms, lower))
    if upper is not None:
        held = plan.created_before_ms
        plan = replace(plan, created_before_ms=upper if held is None else min(held, upper))
    return plan


def _highest(held: int | None, new: int) -> int:
    return new if held is None else max(held, new)
