"""Programs that we did not write, on the virtual LAN: avahi and a WS-Discovery client hear our devices, we hear theirs.

avahi: Debian's avahi-daemon, avahi-utils and dbus, which this test installs where it runs in CI as root. The client:
WSDiscovery of PyPI in an environment of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.device_link.environments import environment_with
from tests.device_link.lan.conftest import ROOT, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("lan")]

PACKAGES = ("avahi-daemon", "avahi-utils", "dbus")
PROGRAMS = ("avahi-daemon", "avahi-browse", "dbus-daemon", "unshare")
NOBODY = "10.77.3.1:80"
"""A target where nobody is: what is found then was heard."""
SERVICE = """<?xml version="1.0"?><service-group><name>Foreign door</name><service><type>_http._tcp</type>
<port>80</port><txt-record>mac=0C:11:05:00:00:01</txt-record><txt-record>model=X912</txt-record></service>
</service-group>"""
CONFIG = """[server]
use-ipv6=no
allow-interfaces=eth0
enable-dbus={dbus}
[publish]
publish-workstation=no
publish-hinfo=no
"""
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={path}</listen><policy context="default"><allow user="*"/>
<allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>"""


def installed() -> bool:
    """Whether every program is there; tries to install them where that is this test's right."""
    if all(map(shutil.which, PROGRAMS)):
        return True
    if os.environ.get("CI") == "true" and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = ["-y", "-q", "--no-install-recommends"]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for step in (["apt-get", "update", "-q"], ["apt-get", "install", *quiet, *PACKAGES]):
            subprocess.run(step, check=False, capture_output=True, timeout=200, env=environment)
    return all(map(shutil.which, PROGRAMS))


class Avahi:
    """An avahi-daemon in one namespace, with mounts of its own so that it meets no other one."""

    def __init__(self, network: Network, namespace: str, folder: Path, *, bus: bool) -> None:
        self._folder = folder
        self._address = f"unix:path={folder / 'bus'}"
        self.environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": self._address}
        self._processes: list[subprocess.Popen[bytes]] = []
        services = folder / "services"
        services.mkdir()
        if not bus:
            (services / "door.service").write_text(SERVICE)
        (folder / "avahi.conf").write_text(CONFIG.format(dbus="yes" if bus else "no"))
        if bus:
            (folder / "bus.conf").write_text(BUS.format(path=folder / "bus"))
            self._start(
                [str(shutil.which("dbus-daemon")), f"--config-file={folder / 'bus.conf'}", "--nofork"]
            )
            self._wait_for(folder / "bus")
        script = (
            "mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && "
            f"mount --bind {services} /etc/avahi/services && "
            f"exec avahi-daemon -f {folder / 'avahi.conf'} --no-drop-root --no-chroot --no-rlimits"
        )
        self._start(network.command("unshare", "-m", "sh", "-c", script, where=namespace))

    def _start(self, words: list[str]) -> None:
        with (self._folder / "log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    words, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
                )
            )

    @staticmethod
    def _wait_for(path: Path) -> None:
        tried = subprocess.run(
            [str(shutil.which("timeout")), "10", "sh", "-c", f"until [ -S {path} ]; do sleep 0.05; done"],
            check=False,
        )
        assert tried.returncode == 0, f"{path} did not come"

    def log(self) -> str:
        """What the daemons said."""
        return (self._folder / "log").read_text("utf-8", "replace")[-1500:]

    def stop(self) -> None:
        """End the daemons."""
        for process in reversed(self._processes):
            process.terminate()
            process.wait(10)


@pytest.fixture
def avahi_at(network: Network, tmp_path: Path) -> Iterator[Any]:
    """Start avahi in a namespace: `avahi_at(name, bus=...)`."""
    if not installed():
        pytest.skip(f"avahi is not installed here: apt-get install {' '.join(PACKAGES)}")
    made: list[Avahi] = []

    def start(namespace: str, *, bus: bool) -> Avahi:
        folder = tmp_path / namespace
        folder.mkdir()
        made.append(Avahi(network, namespace, folder, bus=bus))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def test_avahi_browse_sees_what_our_devices_announce(network: Network, avahi_at: Any) -> None:
    desk = avahi_at(network.lan.desk, bus=True)
    wanted = {plan["mac"] for plan in network.plans if "mdns" in plan["says"]}
    words = "for i in 1 2 3 4 5 6 7 8; do avahi-browse -rpt _http._tcp 2>/dev/null && exit 0; sleep 0.5; done; exit 1"
    seen: set[str] = set()
    text = ""
    for _ in range(4):
        done = subprocess.run(
            network.command("sh", "-c", words), check=False, capture_output=True, text=True, timeout=25,
            env=desk.environment,
        )  # fmt: skip
        text = done.stdout
        seen = {
            mac for mac in wanted if any(mac in line for line in text.splitlines() if line.startswith("="))
        }
        if seen == wanted:
            break
    assert seen == wanted, f"{text[-1500:]} {desk.log()}"
    assert len(wanted) == 5
    assert "model=" in text


def test_we_hear_what_avahi_announces(network: Network, avahi_at: Any) -> None:
    host = network.plans[0]
    avahi = avahi_at(host["namespace"], bus=False)
    found: dict[str, Any] = {}
    for _ in range(3):
        document = network.scan(NOBODY)
        found = {one["mac"]: one["methods"] for one in document["found"]}
        if host["mac"] in found:
            break
    assert "mdns" in found.get(host["mac"], ()), avahi.log()


CLIENT = """
import json, sys
from wsdiscovery.discovery import ThreadedWSDiscovery
client = ThreadedWSDiscovery()
client.start()
found = client.searchServices(timeout=3)
print(json.dumps([[s.getXAddrs(), [str(x) for x in s.getScopes()], [str(t) for t in s.getTypes()]] for s in found]))
client.stop()
"""
PUBLISHER = """
import sys, time
from wsdiscovery import QName, Scope
from wsdiscovery.publishing import ThreadedWSPublishing
server = ThreadedWSPublishing()
server.start()
kind = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
scopes = [Scope("onvif://www.onvif.org/hardware/Foreign%20Cam"), Scope("onvif://www.onvif.org/name/Foreign")]
server.publishService(types=[kind], scopes=scopes, xAddrs=[sys.argv[1]])
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def ws_python(pytestconfig: pytest.Config) -> Path:
    """An interpreter that has the independent WS-Discovery client."""
    return environment_with(pytestconfig, "WSDiscovery==2.1.2", "wsdiscovery")


def test_an_independent_ws_discovery_client_finds_our_cameras(network: Network, ws_python: Path) -> None:
    done = network.run(str(ws_python), "-c", CLIENT)
    assert done.returncode == 0, done.stderr[-1500:]
    found = {address for addresses, _, _ in json.loads(done.stdout) for address in addresses}
    cameras = [plan for plan in network.plans if plan["kind"] == "camera"]
    assert {f"http://{plan['address']}/onvif/device_service" for plan in cameras} <= {
        one.replace(":80/", "/") for one in found
    }


def test_we_find_what_an_independent_ws_discovery_service_announces(
    network: Network, ws_python: Path, tmp_path: Path
) -> None:
    host = network.plans[59]
    address = f"http://{host['address']}:80/onvif/device_service"
    command = network.command(str(ws_python), "-c", PUBLISHER, address, where=host["namespace"])
    with (tmp_path / "log").open("w") as log:
        service = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
        )
        try:
            assert service.stdout is not None
            assert service.stdout.readline() == "ready\n", (tmp_path / "log").read_text()[-1500:]
            document = network.scan(NOBODY)
        finally:
            service.communicate("", timeout=20)
    found = {one["mac"]: one["methods"] for one in document["found"]}
    assert "wsd" in found.get(host["mac"], ()), document["ways"]
