"""The guards bite: a run of deliberately bad tests in a pytest of their own, each failing for its own reason."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

NAME = re.compile(r"def (test_\w+)")
REASONS = (
    "left-behind",
    "left-task",
    "sockets behind",
    "192.0.2.1",
    "example.com",
    "'0.0.0.0'",
    "surprise 7",
    "never said",
    "DeprecationWarning",
    "left widgets",
    "left timers",
    "qt complains",
)

GUARDED = """
import asyncio, logging, socket, threading
import keyring, pytest

ever = threading.Event()

def test_thread():
    threading.Thread(target=ever.wait, args=(30,), daemon=True, name="left-behind").start()

async def test_task():
    asyncio.get_running_loop().create_task(ever_and_ever(), name="left-task")

async def ever_and_ever():
    await asyncio.Event().wait()

def test_socket():
    pytest.kept = socket.create_server(("127.0.0.1", 0))

def test_swallowed_connection():
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
    except RuntimeError:
        pass

def test_lookup():
    with pytest.raises(RuntimeError):
        socket.getaddrinfo("example.com", 80)

def test_open_bind():
    with socket.socket() as sock, pytest.raises(RuntimeError):
        sock.bind(("0.0.0.0", 0))

def test_log():
    logging.getLogger("gatewright.x").warning("surprise %d", 7)

def test_missed_log(log_guard):
    log_guard.expect("never said")

def test_warning():
    import warnings
    warnings.warn("old", DeprecationWarning)

def test_widget(qapp):
    from PySide6.QtWidgets import QLabel
    pytest.label = QLabel("left window")

def test_timer(qapp):
    from PySide6.QtCore import QTimer
    pytest.timer = QTimer()
    pytest.timer.start(1000)

def test_qt_warning(qapp):
    from PySide6.QtCore import qWarning
    qWarning("qt complains")
"""

WELL_BEHAVED = """
import asyncio, logging, os, socket, threading
import keyring, pytest
from hypothesis import given, strategies

def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            assert client.getpeername() == server.getsockname()
    assert socket.getaddrinfo("localhost", 80)

async def test_task_that_ends():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))

async def test_task_that_ends_a_moment_later():
    asyncio.get_running_loop().create_task(asyncio.sleep(0.01))

@pytest.mark.allow_logs("gone")
def test_allowed_log():
    logging.getLogger("x").warning("device is gone")

def test_expected_log(log_guard):
    log_guard.expect("gone")
    logging.getLogger("x").error("device is gone")

@pytest.mark.allow_leaks("threads", reason="shows the marker")
def test_allowed_thread():
    threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start()

def test_window(qtbot):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QLabel
    label = QLabel("x")
    qtbot.addWidget(label)
    QTimer(label).start(1000)
    label.show()

def test_keyring():
    keyring.set_password("gatewright", "u", "p")
    assert keyring.get_password("gatewright", "u") == "p"

def test_keyring_is_new():
    assert keyring.get_password("gatewright", "u") is None

def test_home():
    assert "gatewright-tests-" in os.path.expanduser("~")

@given(strategies.integers())
def test_hypothesis_with_the_guards(number):
    assert number == number
"""


@pytest.fixture
def run_inside(
    pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], pytest.RunResult]:
    """Run the text of a test file under our configuration and guards, in a process of its own."""
    root = request.config.rootpath
    monkeypatch.setenv("PYTHONPATH", str(root))
    settings = str(root / "pyproject.toml")
    options = ("-c", settings, "-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:xdist")

    def run(text: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess(*options, pytester.makepyfile(test_inner=text))

    return run


@pytest.mark.slow
def test_each_guard_fails_its_test(run_inside: Callable[[str], pytest.RunResult]) -> None:
    output = run_inside(GUARDED).stdout.str()
    failed = set(re.findall(r"^(?:ERROR|FAILED) \S*::(\w+)", output, re.MULTILINE))
    assert failed == set(NAME.findall(GUARDED))
    for reason in REASONS:
        assert reason in output


@pytest.mark.slow
def test_good_tests_pass_the_guards(run_inside: Callable[[str], pytest.RunResult]) -> None:
    run_inside(WELL_BEHAVED).assert_outcomes(passed=len(NAME.findall(WELL_BEHAVED)))
