"""No table keeps an index that another one contains: each is written with every row."""

from __future__ import annotations

from django.apps import apps
from django.db.models import Index, Model, UniqueConstraint

Columns = tuple[str, ...]


def whole_indexes(model: type[Model]) -> list[Columns]:
    """The columns of each index of more than one kind of row, in order; its own keys too."""
    options = model._meta
    kept = [
        each
        for each in (*options.indexes, *options.constraints)
        if isinstance(each, (Index, UniqueConstraint)) and each.fields and each.condition is None
    ]
    alone = [
        (field.name,)
        for field in options.local_fields
        if getattr(field, "db_index", False) or field.unique
    ]
    return [*(tuple(name.lstrip("-") for name in each.fields) for each in kept), *alone]


def contained(columns: list[Columns]) -> list[Columns]:
    return [
        one
        for place, one in enumerate(columns)
        if any(
            other[: len(one)] == one
            for elsewhere, other in enumerate(columns)
            if elsewhere != place and (len(other) > len(one) or elsewhere < place)
        )
    ]


def test_no_index_is_the_beginning_of_another() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("mawaeed.")]
    twice = {model._meta.label: contained(whole_indexes(model)) for model in ours}
    assert not {label: columns for label, columns in twice.items() if columns}


def test_a_beginning_and_a_double_are_found() -> None:
    assert contained([("a", "b"), ("a",), ("b",), ("c",), ("c",)]) == [("a",), ("c",)]
