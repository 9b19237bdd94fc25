"""start.py and what it calls: the decisions of set-up, without setting anything up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import start
from tools import checkup, environment, launch, machine

ROOT = Path(start.__file__).resolve().parent
LINUX: Mapping[str, str] = {"DISPLAY": ":0"}
PIP_CONFIG = r"""
global.index-url='https://one.test/simple'
install.index-url='https://two.test/simple'
global.extra-index-url='\nhttps://a.test/s\nhttps://b.test/s'
:env:.find-links='/opt/a /opt/b'
global.trusted-host='one.test'
global.cert='/etc/ca.pem'
download.index-url='https://not-this.test'
global.timeout='60'
"""


@pytest.mark.parametrize(
    "version, expected",
    [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False), ((4, 0), False)],
)
def test_supported_pythons(version: tuple[int, int], expected: bool) -> None:
    assert start.is_supported(version) is expected


def test_the_newest_other_python_is_taken() -> None:
    known = {"python3.11": "a", "python3.12": "b"}

    def which(name: str) -> str | None:
        return known.get(name)

    assert start.other_python(which, lambda _: True) == "b"
    assert start.other_python(which, lambda path: path == "a") == "a"
    assert start.other_python(which, lambda _: False) is None


def test_an_interpreter_that_does_not_start_does_not_work() -> None:
    assert start.works(sys.executable)
    assert not start.works("no-such-interpreter-here")


def test_start_names_its_commands_and_the_exit_codes() -> None:
    command = [sys.executable, str(ROOT / "start.py")]
    asked = subprocess.run([*command, "--help"], check=False, capture_output=True, text=True)
    wrong = subprocess.run([*command, "nonsense"], check=False, capture_output=True, text=True)
    assert (asked.returncode, asked.stdout.startswith("usage: ")) == (0, True)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.startswith("usage: ")) == (2, "", True)


@pytest.mark.parametrize(
    "arguments, display, expected",
    [
        ([], True, ["demo"]),
        ([], False, ["demo", "--headless"]),
        (["--json"], False, ["demo", "--headless", "--json"]),
        (["--json", "--headless"], False, ["demo", "--json", "--headless"]),
        (["--headless"], True, ["demo", "--headless"]),
    ],
)
def test_demo_goes_headless_where_it_must(arguments: list[str], display: bool, expected: list[str]) -> None:
    assert launch.product_arguments("demo", arguments, display=display) == expected


def test_other_commands_pass_their_arguments_on() -> None:
    assert launch.product_arguments("cli", ["doctor", "--json"], display=False) == ["doctor", "--json"]
    assert launch.product_arguments("run", [], display=True) == []


def test_qt_paints_into_memory_only_without_a_display() -> None:
    assert launch.product_environment({"A": "1"}, display=True) == {"A": "1"}
    assert launch.product_environment({}, display=False) == {"QT_QPA_PLATFORM": "offscreen"}
    assert launch.product_environment({"QT_QPA_PLATFORM": "vnc"}, display=False) == {"QT_QPA_PLATFORM": "vnc"}


@pytest.mark.parametrize(
    "environ, system, expected",
    [
        ({}, "win32", True),
        ({}, "darwin", True),
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
    ],
)
def test_where_a_window_can_be_shown(environ: dict[str, str], system: str, expected: bool) -> None:
    assert machine.has_display(environ, system) is expected


def test_needs_follow_the_command_and_the_display() -> None:
    def needs(
        command: str, environ: Mapping[str, str], *, headless: bool = False
    ) -> tuple[machine.Need, ...]:
        return machine.needs(command, environ, headless=headless, has_venv=True)

    assert needs("test", LINUX) == machine.QT + machine.TESTS
    assert needs("demo", LINUX, headless=True) == machine.QT
    assert needs("demo", LINUX) == machine.QT + machine.X11
    assert needs("run", {"WAYLAND_DISPLAY": "wayland-0"}) == machine.QT + machine.WAYLAND
    assert needs("cli", LINUX) == ()
    assert machine.needs("cli", LINUX, headless=False, has_venv=False) == machine.VENV


def test_presence_is_asked_of_the_system() -> None:
    assert not machine.is_present(machine.Need("libdoes-not-exist.so.9", "none"))
    assert not machine.is_present(machine.Need("does-not-exist", "none", "program"))
    assert not machine.is_present(machine.Need("does_not_exist", "none", "module"))
    assert machine.is_present(machine.Need("venv", "python3-venv", "module"))


@pytest.mark.parametrize(
    "hardware, libc, word",
    [
        ("x86_64", ("glibc", "2.36"), ""),
        ("x86_64", ("glibc", "2.31"), "2.34"),
        ("aarch64", ("glibc", "2.36"), "2.39"),
        ("aarch64", ("glibc", "2.41"), ""),
        ("x86_64", ("", ""), "no glibc"),
        ("riscv64", ("glibc", "2.41"), "riscv64"),
    ],
)
def test_a_system_too_old_is_told(hardware: str, libc: tuple[str, str], word: str) -> None:
    complaint = machine.glibc_complaint(hardware, libc)
    assert (word in complaint) if word else complaint == ""


def test_root_is_got_without_a_password_or_not_at_all() -> None:
    there = {"sudo": "/usr/bin/sudo"}.get
    assert machine.root_prefix(is_root=True, which=lambda _: None, works=lambda _: False) == []
    assert machine.root_prefix(is_root=False, which=there, works=lambda _: True) == ["/usr/bin/sudo", "-n"]
    assert machine.root_prefix(is_root=False, which=there, works=lambda _: False) is None
    assert machine.root_prefix(is_root=False, which=lambda _: None, works=lambda _: True) is None


def test_by_hand_names_the_exact_command_or_the_files() -> None:
    debian = machine.by_hand(["libgl1"], ["libGL.so.1"], has_apt=True)
    assert "sudo apt-get install -y --no-install-recommends libgl1" in debian
    assert "libGL.so.1" in machine.by_hand(["libgl1"], ["libGL.so.1"], has_apt=False)


def test_paths_inside_the_environment() -> None:
    venv = Path("v")
    assert environment.venv_python(venv, windows=False) == Path("v/bin/python")
    assert environment.venv_python(venv, windows=True) == Path("v/Scripts/python.exe")
    assert environment.script(venv, "lint-imports", windows=True) == Path("v/Scripts/lint-imports.exe")


def make_tree(root: Path, pins: str = "a==1", lint: int = 1, version: str = "1") -> Path:
    """Write what a stamp is made of."""
    (root / "requirements").mkdir(exist_ok=True)
    (root / environment.PINS).write_text(pins, encoding="utf-8")
    project = (
        f'[project]\nname="x"\nversion="{version}"\n[build-system]\nrequires=[]\n[tool.ruff]\nline={lint}\n'
    )
    (root / "pyproject.toml").write_text(project, encoding="utf-8")
    return root


def test_stamp_changes_with_pins_and_project_only(tmp_path: Path) -> None:
    stamp = environment.wanted_stamp(make_tree(tmp_path))
    assert environment.wanted_stamp(make_tree(tmp_path, lint=2)) == stamp
    assert environment.wanted_stamp(make_tree(tmp_path, pins="a==2")) != stamp
    assert environment.wanted_stamp(make_tree(tmp_path, version="2")) != stamp


def test_stamp_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert environment.read_stamp(tmp_path) is None
    (tmp_path / environment.STAMP).write_text("{", encoding="utf-8")
    assert environment.read_stamp(tmp_path) is None
    (tmp_path / environment.STAMP).write_text("[]", encoding="utf-8")
    assert environment.read_stamp(tmp_path) is None


def test_environment_is_rebuilt_when_broken_moved_or_of_another_python() -> None:
    wanted = {"python": "3.12", "root": "here", "packages": "b"}
    assert environment.must_rebuild(wanted, wanted, runs=False)
    assert environment.must_rebuild(wanted | {"root": "there"}, wanted, runs=True)
    assert environment.must_rebuild(wanted | {"python": "3.11"}, wanted, runs=True)
    assert not environment.must_rebuild(wanted | {"packages": "a"}, wanted, runs=True)
    assert not environment.must_rebuild(None, wanted, runs=True)


def test_uv_gets_the_settings_of_pip() -> None:
    assert environment.uv_settings(PIP_CONFIG, {"SSL_CERT_FILE": "/own.pem"}) == {
        "UV_DEFAULT_INDEX": "https://two.test/simple",
        "UV_INDEX": "https://a.test/s https://b.test/s",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/opt/a,/opt/b",
        "UV_INSECURE_HOST": "one.test",
    }
    assert environment.uv_settings("", {}) == {}


def test_with_arguments_only_pytest_runs(tmp_path: Path) -> None:
    names = [step.name for step in checkup.steps(tmp_path, [])]
    assert names == ["lint", "format", "types", "imports", "house rules", "tests"]
    (only,) = checkup.steps(tmp_path, ["-k", "mac"])
    assert only.command[-4:] == ("-m", "pytest", "-k", "mac")


def test_the_first_failure_decides() -> None:
    outcomes = [
        checkup.Outcome("lint", 0, 1.0),
        checkup.Outcome("types", 2, 3.0),
        checkup.Outcome("tests", 1, 60.0),
    ]
    assert checkup.exit_code(outcomes) == 2
    assert checkup.exit_code(outcomes[:1]) == 0
    assert checkup.summary(outcomes).splitlines() == [
        "lint             1.0 s  passed",
        "types            3.0 s  FAILED (exit code 2)",
        "tests           60.0 s  FAILED (exit code 1)",
        "all             64.0 s",
    ]
