"""Running the command line as a person or a script does: a process of its own, its document, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT_S = 240
PASSPHRASE = "a passphrase for tests"


@dataclass(frozen=True)
class Done:
    """An ended command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """What a person was told went wrong."""
        return self.err.strip().splitlines()[-1]


def environment(**more: str) -> dict[str, str]:
    """The tests' environment with a passphrase, since there is no key ring, and the pace of simulated devices."""
    return {**os.environ, "GATEWRIGHT_PASSPHRASE": PASSPHRASE, "GATEWRIGHT_DEVICE_PACING": "fast", **more}


def command(profile: Path | None, *arguments: str, as_json: bool = True) -> list[str]:
    """The command line of `gatewright`."""
    start = [sys.executable, "-m", "desktop"]
    options = ["--profile", str(profile)] if profile else []
    return [*start, *options, *(["--json"] if as_json else []), *arguments]


def gatewright(
    profile: Path | None, *arguments: str, stdin: str = "", as_json: bool = True, **more: str
) -> Done:
    """Run one command to its end."""
    done = subprocess.run(
        command(profile, *arguments, as_json=as_json),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env=environment(**more),
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Server:
    """A long-running command: its ready line, and a clean stop."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desktop", *arguments, "--until-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        assert self._process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self._process.stdout.readline())

    def stop(self) -> int:
        """Close its input and wait; returns its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        code = self._process.wait(20)
        self._process.stdout.close()
        return code
