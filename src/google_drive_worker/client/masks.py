"""Checks of field masks. In: a mask. Out: nothing, or an error before Drive is asked."""

import re

_NESTED = re.compile(r"\([^()]*\)")


def top_level(mask: str) -> frozenset[str]:
    """List the names that a mask selects at its top level, without paths and sub-selectors (facts A3)."""
    while (flat := _NESTED.sub("", mask)) != mask:
        mask = flat
    return frozenset(name.split("/")[0].strip() for name in mask.split(","))


def require_selected(mask: str, *names: str) -> None:
    """Raise `ValueError` unless the mask selects each of `names`.

    A mask without them hides page tokens, and a list then looks as if it ended or never ends (facts A3).
    """
    selected = top_level(mask)
    missing = [name for name in names if name not in selected and "*" not in selected]
    if missing:
        raise ValueError(f"the field mask must select {', '.join(missing)}: without it no page follows another")
