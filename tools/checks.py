"""House rules that no ready-made tool knows, as code, each with its reason.

    .venv/bin/python -m tools.checks    check the tree; exit code 1 and one line per breach

A rule is a generator in `RULES`; tests/tooling/test_checks.py breaks each one on purpose. What must not stand in the
tree is put together from parts here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, CLASS_LINES, CLASS_METHODS, FUNCTION_LINES = 400, 300, 20, 40
# Lower ceilings of single files: the frame of the window must never become the application.
FILE_CEILINGS = {"desktop/views/main_window.py": 300}
# What is over a ceiling today, as "path::name": size. Entries may only shrink and go; a stale one is a breach.
EXCEPTIONS: dict[str, int] = {}
GENERIC = ("desktop/models/", "core/store/", "core/wire/", "core/sheets/")
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js", "deb." + "debian.org")
HOST = re.compile("|".join(re.escape(host) for host in HOSTS), re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|work|farm)/|(?<![\w.])/(?:home|Users)/\w+/|\b[A-Z]:\\Users\\")
ADDRESS = re.compile(r"[a-z]+://", re.IGNORECASE)
NATIVE_DIALOGS = {"QMessageBox", "QInputDialog", "QFileDialog", "QColorDialog"}
PICTURES = "desktop/qt/shots.py"
"""The one place that may handle events by itself; it refuses to inside a task."""
STATIC_CALLS = re.compile(r"^(question|information|warning|critical|about|get[A-Z]\w*)$")
# What a test may call instead of the assert statement.
ASSERTING = re.compile(r"assert|raises|warns|fail|wait|expect|check|verify|must|settle", re.IGNORECASE)
SKIPPING = ("pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One text file of the tree: `name` is its path from the top, with slashes."""

    name: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All syntax nodes of a Python file; empty for any other."""
        return list(ast.walk(ast.parse(self.text))) if self.name.endswith(".py") else []


@dataclass(frozen=True, order=True)
class Breach:
    """One place where the tree breaks a rule, worded so that a person can mend it."""

    name: str
    line: int
    words: str


def read_tree(root: Path) -> list[Source]:
    """Read every text file of the project; what tools make (hidden folders, caches, builds) is no part of it."""
    found = []
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
        made = parts[0] in ("build", "dist", "shots", "demo-profile") or "__pycache__" in parts
        if not (hidden or made) and path.is_file():
            raw = path.read_bytes()
            if b"\0" not in raw[:4096]:
                found.append(Source("/".join(parts), raw.decode("utf-8", errors="replace")))
    return found


def sizes(tree: list[Source]) -> Iterator[Breach]:
    """Small pieces: what grows past a ceiling became the place where the next thing was easiest to add."""
    seen: dict[str, int] = {}
    for source in (one for one in tree if one.name.endswith(".py")):
        ceiling = FILE_CEILINGS.get(source.name, FILE_LINES)
        measured = [(source.name, 1, source.text.count("\n"), ceiling, "lines in the file")]
        measured += [measure for node in source.nodes for measure in _measures(source.name, node)]
        for key, line, size, limit, unit in measured:
            allowed = EXCEPTIONS.get(key, limit)
            if size > allowed:
                yield Breach(source.name, line, f"{key}: {size} {unit}, the ceiling is {allowed}")
            seen[key] = size
    for key, allowed in EXCEPTIONS.items():
        if seen.get(key, 0) < allowed:
            yield Breach(key.partition("::")[0], 1, f"{key} shrank: lower its entry in EXCEPTIONS")


def _measures(name: str, node: ast.AST) -> Iterator[tuple[str, int, int, int, str]]:
    """The sizes of a class or function; a function's docstring is its contract and does not count."""
    if isinstance(node, ast.ClassDef):
        key = f"{name}::{node.name}"
        methods = [one for one in node.body if isinstance(one, FUNCTIONS)]
        public = sum(not one.name.startswith("_") for one in methods)
        yield key, node.lineno, (node.end_lineno or 0) - node.lineno + 1, CLASS_LINES, "lines in the class"
        yield f"{key}.*", node.lineno, public, CLASS_METHODS, "public methods"
    elif isinstance(node, FUNCTIONS):
        first = node.body[0]
        contract = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) else 0
        lines = (node.end_lineno or 0) - node.lineno + 1 - contract
        yield f"{name}::{node.name}", node.lineno, lines, FUNCTION_LINES, "lines in the function"


def nested_loops(tree: list[Source]) -> Iterator[Breach]:
    """No exec() and no static dialogs: a loop inside the loop stops every task of the window."""
    for source in tree:
        for node in source.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, called = ast.unparse(node.func.value), node.func.attr
                static = owner.rpartition(".")[2] in NATIVE_DIALOGS and STATIC_CALLS.match(called)
                if static or (called in ("exec", "exec_") and source.name.startswith(("desktop/", "tests/"))):
                    yield Breach(source.name, node.lineno, f"{owner}.{called}(): use the awaitable dialogs")
                elif (
                    called == "processEvents"
                    and source.name.startswith("desktop/")
                    and source.name != PICTURES
                ):
                    yield Breach(source.name, node.lineno, f"{owner}.{called}(): await something instead")


def swallowed_errors(tree: list[Source]) -> Iterator[Breach]:
    """No handler that does nothing: an error is handled, logged, or named in contextlib.suppress."""
    for source in tree:
        for node in source.nodes:
            if isinstance(node, ast.ExceptHandler) and all(_does_nothing(one) for one in node.body):
                yield Breach(source.name, node.lineno, "an exception is caught and nothing is done about it")


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def addresses(tree: list[Source]) -> Iterator[Breach]:
    """No package registry's host, and no address in a requirement file: every customer has another index."""
    for source in tree:
        for number, line in enumerate(source.text.splitlines(), 1):
            if HOST.search(line) or (source.name.startswith("requirements/") and ADDRESS.search(line)):
                yield Breach(source.name, number, "an address of a package registry")


def machine_paths(tree: list[Source]) -> Iterator[Breach]:
    """No path of somebody's machine: it is nothing to anybody else."""
    for source in tree:
        for number, line in enumerate(source.text.splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield Breach(source.name, number, "a path that exists on one machine only")


def entity_names(tree: list[Source]) -> Iterator[Breach]:
    """Generic code treats all entities alike: a noun's name in it is behaviour that belongs to a use case or page."""
    declarations = (source for source in tree if source.name.startswith("core/entities/"))
    names = {name for source in declarations for name in _declared(source)}
    for source in (one for one in tree if one.name.startswith(GENERIC)):
        for node in source.nodes:
            inside = ast.walk(node) if isinstance(node, ast.Compare | ast.match_case) else ()
            for one in inside:
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value in names:
                    yield Breach(source.name, one.lineno, f"generic code asks for the entity {one.value!r}")


def _declared(source: Source) -> Iterator[str]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "spec_of":
            yield from (ast.literal_eval(word.value) for word in node.keywords if word.arg == "name")


def honest_tests(tree: list[Source]) -> Iterator[Breach]:
    """A test asserts something, and one that is skipped says why."""
    for source in (one for one in tree if one.name.startswith("tests/")):
        for node in source.nodes:
            if isinstance(node, FUNCTIONS) and node.name.startswith("test_") and not _asserts(node):
                yield Breach(source.name, node.lineno, f"{node.name} asserts nothing")
            if isinstance(node, ast.ClassDef | FUNCTIONS) and any(map(_unexplained, node.decorator_list)):
                yield Breach(source.name, node.lineno, f"{node.name} is skipped without a reason")


def _asserts(test: ast.AST) -> bool:
    inside = list(ast.walk(test))
    calls = (ast.unparse(node.func) for node in inside if isinstance(node, ast.Call))
    return any(isinstance(node, ast.Assert) for node in inside) or any(map(ASSERTING.search, calls))


def _unexplained(decorator: ast.expr) -> bool:
    words = decorator.keywords if isinstance(decorator, ast.Call) else []
    marker = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return marker in SKIPPING and not any(word.arg == "reason" for word in words)


RULES: tuple[Callable[[list[Source]], Iterator[Breach]], ...] = (
    sizes, nested_loops, swallowed_errors, addresses, machine_paths, entity_names, honest_tests,
)  # fmt: skip


def main() -> int:
    """Check the tree; returns the exit code."""
    tree = read_tree(ROOT)
    breaches = sorted({breach for rule in RULES for breach in rule(tree)})
    for breach in breaches:
        print(f"{breach.name}:{breach.line}: {breach.words}")
    print(f"{len(tree)} files, {len(RULES)} rules, {len(breaches)} breaches")
    return int(bool(breaches))


if __name__ == "__main__":
    raise SystemExit(main())
