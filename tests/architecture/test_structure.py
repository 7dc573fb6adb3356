"""What the code's shape must keep: layers, linear migrations, no stored waiting time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mawaeed"
# The composition root puts everything together; `locale` holds words.
OUTSIDE = {"project", "locale"}
STORED_TIME = re.compile(r"wait|way_time|service_time|served_minutes|elapsed|took_|_seconds$")


def layers() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = " ".join(contracts["contracts"][0]["layers"])
    return set(re.findall(r"\w+", named))


def packages() -> set[str]:
    return {path.parent.name for path in SOURCE.glob("*/__init__.py")}


def test_every_package_stands_in_a_layer() -> None:
    assert packages() - OUTSIDE - layers() == set()
    assert layers() - packages() == set()


def test_every_module_at_the_top_belongs_to_a_package() -> None:
    assert [path.name for path in SOURCE.glob("*.py")] == ["__init__.py"]


def test_edges_have_no_tables() -> None:
    edges = {"web", "api", "live", "commands"}

    assert [m._meta.label for m in apps.get_models() if m._meta.app_label in edges] == []


def forks(nodes: Iterable[tuple[str, str]], parents: dict[tuple[str, str], Any]) -> list[str]:
    """Migrations that share their parent within the app, or join two."""
    children: dict[tuple[str, str], list[str]] = {}
    joined = []
    for node in nodes:
        own = [parent for parent in parents[node] if parent[0] == node[0]]
        joined += [f"{node} joins" for _ in own[1:]]
        for parent in own:
            children.setdefault(parent, []).append(node[1])
    return joined + [f"{each} forks" for each, of in children.items() if len(of) > 1]


def test_migrations_are_linear() -> None:
    loader = MigrationLoader(None)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("mawaeed.")}
    nodes = [node for node in loader.disk_migrations if node[0] in ours]
    parents = {node: loader.disk_migrations[node].dependencies for node in nodes}

    assert forks(nodes, parents) == []
    for label in {node[0] for node in nodes}:
        assert len(loader.graph.leaf_nodes(label)) == 1, label
    assert len(nodes) > 10


def test_a_fork_is_seen() -> None:
    nodes = [("a", "1"), ("a", "2"), ("a", "2b")]
    parents = {nodes[0]: [("b", "9")], nodes[1]: [nodes[0]], nodes[2]: [nodes[0]]}

    assert forks(nodes, parents) == ["('a', '1') forks"]


def test_no_table_keeps_a_waiting_or_service_time() -> None:
    fields = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.concrete and STORED_TIME.search(field.name)
    ]

    # What an announcement is measured by, kept beside it: never shown as anybody's wait.
    assert fields == ["hall.WaitEstimate.waited"]


@pytest.mark.parametrize("name", ["wait", "waiting_minutes", "service_time", "way_time"])
def test_a_stored_time_would_be_seen(name: str) -> None:
    assert STORED_TIME.search(name)


def test_tickets_keep_no_moment_but_birth_due_and_a_pause_asked_for() -> None:
    """Called, started, finished: those moments are history rows and nothing else."""
    ticket = apps.get_model("hall.Ticket")
    moments = {f.name for f in ticket._meta.fields if f.get_internal_type() == "DateTimeField"}

    assert moments == {"created_at", "due_at", "not_before"}
