"""Makes and keeps .venv: a virtual environment with the pinned packages and the project itself.

Standard library only. `ready` is the door: it costs some milliseconds when nothing changed since the last time.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from tools.machine import SetupError, say

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PINS = "requirements/desktop-dev.txt"
UV_PINS = "requirements/uv.txt"
STAMP = "gatewright-setup.json"
LOCK = "gatewright-setup.lock"
# pip's settings that uv has under another name; uv does not read pip's own.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def venv_python(venv: Path, *, windows: bool = os.name == "nt") -> Path:
    """Return the interpreter of a virtual environment."""
    return script(venv, "python", windows=windows)


def script(venv: Path, name: str, *, windows: bool = os.name == "nt") -> Path:
    """Return the path of a command inside a virtual environment."""
    return venv / "Scripts" / f"{name}.exe" if windows else venv / "bin" / name


def wanted_stamp(root: Path) -> dict[str, str]:
    """Return what a finished set-up of this tree looks like; any difference means to set up again."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    digest = hashlib.sha256((root / PINS).read_bytes())
    # Only what installing depends on: a change of a lint rule is no reason to install again.
    digest.update(json.dumps([project["project"], project["build-system"]], sort_keys=True).encode())
    version = ".".join(str(part) for part in sys.version_info[:2])
    return {"packages": digest.hexdigest(), "python": version, "root": str(root)}


def read_stamp(venv: Path) -> dict[str, str] | None:
    """Return the stamp of the last finished set-up, or None if there is none that can be read."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def must_rebuild(found: Mapping[str, str] | None, wanted: Mapping[str, str], *, runs: bool) -> bool:
    """Whether .venv has to be made from nothing: it is broken, was moved, or is of another Python."""
    if not runs:
        return True
    return found is not None and any(found.get(key) != wanted[key] for key in ("python", "root"))


def uv_settings(pip_config: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Translate the output of `pip config list` into uv's environment variables; uv's own settings win.

    A line is `section.name='value'`. pip lets the environment overrule the section of the command, and that the
    global one, so the lines are read in that order.
    """
    settings: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in pip_config.splitlines():
            key, found, value = line.partition("=")
            variable = UV_NAMES.get(key.removeprefix(section))
            if found and variable and key.startswith(section):
                settings[variable] = _unquoted(value)
    # pip separates several values by spaces or lines, uv lists of folders by commas and lists of indexes by spaces.
    for variable, separator in (("UV_FIND_LINKS", ","), ("UV_INDEX", " "), ("UV_INSECURE_HOST", " ")):
        if variable in settings:
            settings[variable] = separator.join(settings[variable].split())
    if "UV_INDEX" in settings:
        # As pip does: the pinned version may come from any of the indexes. The hashes say what is accepted.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {key: value for key, value in settings.items() if not environ.get(key)}


def exists(root: Path) -> bool:
    """Whether .venv has been made, finished or not."""
    return (root / ".venv" / "pyvenv.cfg").exists()


def ready(root: Path) -> Path:
    """Return .venv with everything installed, after setting up what is missing; raises SetupError."""
    venv = root / ".venv"
    wanted = wanted_stamp(root)
    if read_stamp(venv) == wanted and venv_python(venv).exists():
        return venv
    venv.mkdir(exist_ok=True)
    with _locked(venv / LOCK):
        if read_stamp(venv) != wanted:
            _set_up(root, venv, wanted)
    return venv


def _set_up(root: Path, venv: Path, wanted: Mapping[str, str]) -> None:
    _make_venv(venv, wanted)
    (venv / STAMP).unlink(missing_ok=True)
    python = venv_python(venv)
    uv = _uv_environment(root, python)
    pins = ["--require-hashes", "--no-deps", "-r", PINS]
    project = ["--no-deps", "--no-build-isolation", "-e", "."]
    say("installing the pinned packages into .venv")
    _install(root, python, uv, pins)
    say("installing the project itself")
    _install(root, python, uv, project)
    (venv / STAMP).write_text(json.dumps(wanted), encoding="utf-8")


def _make_venv(venv: Path, wanted: Mapping[str, str]) -> None:
    if exists(venv.parent) and not must_rebuild(read_stamp(venv), wanted, runs=_runs(venv, wanted["python"])):
        return
    for item in venv.iterdir():
        if item.name != LOCK:
            _remove(item)
    say("making the virtual environment .venv")
    if _run([sys.executable, "-m", "venv", str(venv)]) != 0:
        raise SetupError("Python could not make a virtual environment in .venv (its words are above)")


def _remove(item: Path) -> None:
    if item.is_dir() and not item.is_symlink():
        shutil.rmtree(item)
    else:
        item.unlink()


def _runs(venv: Path, version: str) -> bool:
    """Whether the environment's interpreter starts and is of the wanted version."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    with contextlib.suppress(OSError):
        command = [str(venv_python(venv)), "-c", question]
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.returncode == 0 and done.stdout.strip() == version
    return False


def _uv_environment(root: Path, python: Path) -> dict[str, str] | None:
    """Put the pinned uv into .venv and return the variables it needs, or None where it cannot be had."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    pip = [str(python), "-m", "pip"]
    command = [
        *pip,
        "install",
        *quiet,
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-r",
        UV_PINS,
    ]
    if _run(command, cwd=root) != 0:
        say("uv cannot be installed here; pip does the work, which takes a minute longer")
        return None
    listed = subprocess.run(
        [*pip, "config", "list"], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return uv_settings(listed.stdout, os.environ)


def _install(root: Path, python: Path, uv: Mapping[str, str] | None, arguments: Sequence[str]) -> None:
    """Install by uv, which takes seconds, and by pip where uv fails; raises SetupError if both do."""
    if uv is not None:
        command = [str(python), "-m", "uv", "pip", "install", "--python", str(python), "--compile-bytecode"]
        if _run([*command, *arguments], cwd=root, extra=uv) == 0:
            return
        say("uv could not install them (its words are above); trying pip")
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if _run([*command, *arguments], cwd=root) != 0:
        raise SetupError(
            "the packages could not be installed (pip's words are above): check the network, or pip's settings for "
            "your package index, and run the same command again"
        )


def _run(command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> int:
    environ = os.environ | (extra or {})
    done = subprocess.run(
        command, check=False, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    return done.returncode


def _unquoted(value: str) -> str:
    """Return the text of a value as pip prints it: a Python literal, or bare."""
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def _lock_on_windows(file: BinaryIO) -> None:
    """Wait for the lock on the first byte; msvcrt itself gives up after ten seconds, less than a set-up takes."""
    if sys.platform == "win32":
        while True:
            file.seek(0)
            with contextlib.suppress(OSError):
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                return


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file, so that two set-ups of one tree run one after the other."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            _lock_on_windows(file)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
