"""YAML in which every value is text and every value knows its line.

YAML 1.1 reads `14:15` as the number 855 and `no` as false; here both stay what was written and
the schema decides what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

Place = tuple[str | int, ...]
Tree = str | list["Tree"] | dict[str, "Tree"]

_PLAIN_TAGS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:seq",
    "tag:yaml.org,2002:map",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong where: `file:line: reason`."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(slots=True)
class Source:
    """One file as read: its tree of text, the line of every place in it, and what was wrong."""

    file: str
    tree: Tree = ""
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it that was written."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, reason: str) -> Problem:
        """`reason`, pinned to the line of `place`."""
        return Problem(self.file, self.line_of(place), reason)


class _TextLoader(yaml.BaseLoader):
    """Composes nodes; an alias would let a short file unfold without end, so it is refused."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases are not allowed; write the value out", event.start_mark
            )
        return super().compose_node(parent, index)


def read_source(path: Path, shown_as: str) -> Source:
    """Read one file. Never raises for what is in it: problems are collected."""
    source = Source(shown_as)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        source.problems.append(Problem(shown_as, 1, f"not UTF-8 text ({error.reason})"))
        return source
    try:
        node = _TextLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.problems.append(Problem(shown_as, line, error.problem or "cannot be read"))
        return source
    except yaml.YAMLError as error:
        source.problems.append(Problem(shown_as, 1, str(error).replace("\n", " ")))
        return source
    if node is None:
        source.problems.append(Problem(shown_as, 1, "the file is empty"))
        return source
    source.tree = _plain(node, (), source)
    return source


def _plain(node: yaml.Node, place: Place, source: Source) -> Tree:
    source.lines.setdefault(place, node.start_mark.line + 1)
    if node.tag not in _PLAIN_TAGS:
        source.problems.append(source.problem(place, f"tags are not allowed: {node.tag}"))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, source)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, index), source) for index, item in enumerate(node.value)]
    return str(node.value)


def _mapping(node: yaml.MappingNode, place: Place, source: Source) -> dict[str, Tree]:
    tree: dict[str, Tree] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in tree:
            source.problems.append(Problem(source.file, line, f"`{key}` is given twice"))
        source.lines[(*place, key)] = line
        tree[key] = _plain(value_node, (*place, key), source)
    return tree
