"""Who may call an operation: declared on each, read by the architecture test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from ninja import NinjaAPI
from ninja.constants import NOT_SET

Operation = TypeVar("Operation", bound=Callable[..., object])

PUBLIC = "public"
RESIDENT = "resident"


def public(operation: Operation) -> Operation:
    """Anybody."""
    operation.audience = (PUBLIC,)  # type: ignore[attr-defined]
    return operation


def resident(operation: Operation) -> Operation:
    """The holder of a resident's token; the router's `auth` enforces it."""
    operation.audience = (RESIDENT,)  # type: ignore[attr-defined]
    return operation


def operations(api: NinjaAPI) -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
    """Method, path, declared audience and whether a token is demanded, for every operation."""
    for prefix, router in api._routers:  # noqa: SLF001 (ninja has no public list)
        guarded = router.auth is not NOT_SET
        for path, view in router.path_operations.items():
            for operation in view.operations:
                declared = getattr(operation.view_func, "audience", ())
                for method in operation.methods:
                    yield method, prefix + path, declared, guarded
