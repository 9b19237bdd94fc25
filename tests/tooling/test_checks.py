"""Each house rule bites, and leaves what is right alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import checks, requirements
from tools.checks import Breach, Source

Rule = Callable[[list[Source]], Iterator[Breach]]
ENTITY = Source("core/entities/device.py", "DEVICE = spec_of(Device, name='devices', number=7)\n")
LONG_FUNCTION = "def f() -> None:\n" + "    g()\n" * checks.FUNCTION_LINES
MANY_METHODS = "class C:\n" + "".join(
    f"    def m{n}(self) -> None: ...\n" for n in range(checks.CLASS_METHODS + 1)
)
LONG_CONTRACT = 'def f() -> None:\n    """Line.\n' + "    more\n" * 60 + '    """\n'

BAD: list[tuple[Rule, str, str]] = [
    (checks.sizes, "core/a.py", "x = 1\n" * (checks.FILE_LINES + 1)),
    (checks.sizes, "core/a.py", LONG_FUNCTION),
    (checks.sizes, "core/a.py", MANY_METHODS),
    (checks.sizes, "core/a.py", "class C:\n" + "    x = 1\n" * checks.CLASS_LINES),
    (checks.sizes, "desktop/views/main_window.py", "x = 1\n" * 301),
    (checks.nested_loops, "desktop/views/a.py", "dialog.exec()\n"),
    (checks.nested_loops, "desktop/views/a.py", "QtWidgets.QMessageBox.question(self, 'a', 'b')\n"),
    (checks.nested_loops, "desktop/views/a.py", "QApplication.processEvents()\n"),
    (checks.nested_loops, "desktop/views/a.py", "QFileDialog.getOpenFileName(self)\n"),
    (checks.swallowed_errors, "core/a.py", "try:\n    f()\nexcept OSError:\n    pass\n"),
    (checks.swallowed_errors, "core/a.py", "try:\n    f()\nexcept OSError:\n    ...\n"),
    (checks.addresses, "README.md", "see https://" + "pypi" + ".org/simple\n"),
    (checks.addresses, "requirements/a.txt", "a @ https://somewhere.test/a.whl\n"),
    (checks.machine_paths, "docs/a.md", "in /ro" + "ot/x\n"),
    (checks.machine_paths, "docs/a.md", "in /ho" + "me/ann/x\n"),
    (checks.machine_paths, "docs/a.md", "in C:\\Us" + "ers\\ann\n"),
    (checks.entity_names, "core/store/a.py", "if spec.name == 'devices':\n    f()\n"),
    (checks.entity_names, "desktop/models/a.py", "if kind in ('devices', 'x'):\n    f()\n"),
    (checks.entity_names, "core/wire/a.py", "match kind:\n    case 'devices':\n        f()\n"),
    (checks.honest_tests, "tests/a.py", "def test_a():\n    f()\n"),
    (checks.honest_tests, "tests/a.py", "@pytest.mark.skip\ndef test_a():\n    assert f()\n"),
    (checks.honest_tests, "tests/a.py", "@pytest.mark.skipif(x)\nclass TestA:\n    pass\n"),
]

GOOD: list[tuple[Rule, str, str]] = [
    (checks.sizes, "core/a.py", LONG_CONTRACT),
    (checks.nested_loops, "desktop/qt/shots.py", "QApplication.processEvents()\n"),
    (checks.nested_loops, "core/a.py", "connection.exec(statement)\n"),
    (checks.nested_loops, "desktop/views/a.py", "await dialogs.ask(self)\n"),
    (checks.swallowed_errors, "core/a.py", "try:\n    f()\nexcept OSError:\n    log.info('gone')\n"),
    (checks.addresses, "docs/a.md", "https://www.apache.org/licenses/\n"),
    (checks.machine_paths, "docs/a.md", "profile/root/x and api/home/a and ~/x\n"),
    (checks.entity_names, "core/store/a.py", "table.name == 'outbox'\n"),
    (checks.entity_names, "desktop/views/a.py", "spec.name == 'devices'\n"),
    (checks.honest_tests, "tests/a.py", "def test_a():\n    with pytest.raises(OSError):\n        f()\n"),
    (
        checks.honest_tests,
        "tests/a.py",
        "@pytest.mark.skipif(x, reason='y')\ndef test_a():\n    assert f()\n",
    ),
]


@pytest.mark.parametrize("rule, name, text", BAD)
def test_rule_bites(rule: Rule, name: str, text: str) -> None:
    assert [breach.name for breach in rule([ENTITY, Source(name, text)])] == [name]


@pytest.mark.parametrize("rule, name, text", GOOD)
def test_rule_leaves_good_code_alone(rule: Rule, name: str, text: str) -> None:
    assert list(rule([ENTITY, Source(name, text)])) == []


def test_exceptions_only_shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(checks.EXCEPTIONS, "core/a.py::f", checks.FUNCTION_LINES + 1)
    assert list(checks.sizes([Source("core/a.py", LONG_FUNCTION)])) == []
    (breach,) = checks.sizes([Source("core/a.py", "def f() -> None: ...\n")])
    assert "lower its entry" in breach.words


def test_tree_leaves_out_what_tools_make(tmp_path: Path) -> None:
    for name in ("core/a.py", ".ci/run", ".venv/b.py", "core/__pycache__/c.pyc", "build/d.py", ".git/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n", encoding="utf-8")
    (tmp_path / "font.ttf").write_bytes(b"\0\1\2")
    assert [source.name for source in checks.read_tree(tmp_path)] == [".ci/run", "core/a.py"]


def test_requirement_ids_are_found_in_names_and_texts() -> None:
    texts = ["def test_site_07_reset(): ...", '"""MAC-02: free.""" FW-01', "ACCESS-PUSH", "SITE-070 x86_64"]
    assert requirements.named(texts) == {"SITE-07", "MAC-02", "FW-01", "ACCESS-PUSH"}
