"""A migration's step for names, hints and labels alone."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.state import ProjectState


class Wording(SeparateDatabaseAndState):
    """Many small changes of words: no table changes, and no model is built anew.

    Django rebuilds every related model after each single change, which takes seconds in all.
    """

    def __init__(self, state_operations: Any) -> None:
        super().__init__(state_operations=state_operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the state; the models built so far serve on, since words are nothing to them."""
        built = state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)
        if built is not None:
            state.__dict__["apps"] = built
