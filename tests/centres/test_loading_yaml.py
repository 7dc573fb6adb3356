from pathlib import Path

import pytest

from mawaeed.centres.loading_yaml import read_source


def test_read_source_scalars_stay_text_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("opens: 14:15\ndate: 2026-01-01\nlist:\n  - no\n  - {fee: 1.000}\n")
    source = read_source(path, "a.yaml")
    assert source.tree == {
        "opens": "14:15",
        "date": "2026-01-01",
        "list": ["no", {"fee": "1.000"}],
    }
    assert source.problems == []
    assert source.line_of(("list", 1, "fee")) == 5
    assert source.line_of(("list", 1, "never written")) == 5
    assert source.line_of(("absent",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "`a` is given twice"),
        ("a: &x [1]\nb: *x\n", 2, "aliases are not allowed; write the value out"),
        ("a: 1\nb: [1,\n", 3, "expected the node content, but found '<stream end>'"),
        ("a: !!python/object:os.system x\n", 1, "tags are not allowed: "),
        ("", 1, "the file is empty"),
    ],
)
def test_read_source_unsound_text_is_a_problem_with_line(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    problem = read_source(path, "a.yaml").problems[0]
    assert (problem.file, problem.line) == ("a.yaml", line)
    assert problem.reason.startswith(reason)


def test_read_source_other_encoding_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("اسم".encode("cp1256"))
    assert "not UTF-8" in str(read_source(path, "a.yaml").problems[0])
