"""Arbitrary JSON of Drive's shape, made from the structs that read it: each field there or absent, each value any."""

from collections.abc import Mapping
from typing import Any

import hypothesis.strategies as st
import msgspec.inspect as inspect
from msgspec import Struct, UnsetType

Json = dict[str, Any]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INT64 = st.integers(-(2**63), 2**63 - 1)
CAMEL = st.from_regex(r"[a-z][a-z0-9]{0,4}([A-Z][a-z0-9]{1,3}){0,2}", fullmatch=True)
IDS = st.sampled_from(["LBL_1", "a-b", "x.y", "0Ab", "", "fieldId9"])
UNSET_TYPE = inspect.type_info(UnsetType)
NESTED: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(0, 2**53)),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(CAMEL, below, max_size=3),
    max_leaves=6,
)


def resources(shape: type[Struct]) -> st.SearchStrategy[Json]:
    """JSON objects that decode as `shape`; an optional field is absent as often as not."""
    described = inspect.type_info(shape)
    assert isinstance(described, inspect.StructType)
    required = {field.encode_name: _values(field.type) for field in described.fields if field.required}
    optional = {field.encode_name: _values(field.type) for field in described.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.Metadata(extra={"holds": shape}):
            return _values(inspect.type_info(shape))
        case inspect.UnionType(types=types):
            return st.one_of([_values(one) for one in types if one != UNSET_TYPE])
        case inspect.ListType(item_type=item):
            return st.lists(_values(item), max_size=3)
        case inspect.DictType(value_type=value):
            return st.dictionaries(CAMEL | IDS, _values(value), max_size=3)
        case inspect.StructType(cls=cls):
            return resources(cls)
        case _:
            return _SCALARS[type(kind)]


_SCALARS: Mapping[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.StrType: TEXT,
    inspect.BoolType: st.booleans(),
    inspect.IntType: INT64.map(str),  # int64 travels as text (facts A6)
    inspect.AnyType: NESTED,
}
