"""Who may call an operation: declared on each, read by the architecture test."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.constants import NOT_SET

from mawaeed.people.models import Role
from mawaeed.people.queries import centre_for_staff

Operation = TypeVar("Operation", bound=Callable[..., object])

PUBLIC = "public"
RESIDENT = "resident"
STAFF = "staff"


def public(operation: Operation) -> Operation:
    """Anybody."""
    operation.audience = (PUBLIC,)  # type: ignore[attr-defined]
    return operation


def resident(operation: Operation) -> Operation:
    """The holder of a resident's token; the router's `auth` enforces it."""
    operation.audience = (RESIDENT,)  # type: ignore[attr-defined]
    return operation


def staff(*roles: Role) -> Callable[[Operation], Operation]:
    """The holder of a staff token with one of `roles` at the operation's `centre` (its code).

    Everybody else's centre does not exist (404); without the role it is refused (403). The centre
    is left in `request.centre`. The router's `auth` finds the member of staff.
    """

    def wrap(operation: Operation) -> Operation:
        @wraps(operation)
        def guarded(request: HttpRequest, centre: str, **given: Any) -> object:
            request.centre = centre_for_staff(request.auth, centre, roles)  # type: ignore[attr-defined]
            return operation(request, centre=centre, **given)

        guarded.audience = (STAFF, *roles)  # type: ignore[attr-defined]
        # Read here, where the names in the annotations are known: ninja looks in this module.
        guarded.__signature__ = inspect.signature(operation, eval_str=True)  # type: ignore[attr-defined]
        return cast("Operation", guarded)

    return wrap


def operations(api: NinjaAPI) -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
    """Method, path, declared audience and whether a token is demanded, for every operation."""
    for prefix, router in api._routers:  # noqa: SLF001 (ninja has no public list)
        guarded = router.auth is not NOT_SET
        for path, view in router.path_operations.items():
            for operation in view.operations:
                declared = getattr(operation.view_func, "audience", ())
                for method in operation.methods:
                    yield method, prefix + path, declared, guarded
