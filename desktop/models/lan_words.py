"""What a sweep came to, in words: the discovery bar, and what each way of finding devices did."""

from __future__ import annotations

from collections.abc import Sequence

from core.ports.lan import ScanReport
from desktop.models.lan import NEW, LanLine, LanState
from desktop.models.words import number_word, translate


def found_words(lines: Sequence[LanLine]) -> tuple[str, str]:
    """The two parts of the discovery bar: how many are new, and what they are."""
    new = [x for x in lines if x.state in NEW]
    strong = (
        translate("Discovered 1 device.")
        if len(new) == 1
        else translate("Discovered {0} devices.").format(len(new))
    )
    counts = {
        translate("{0} free and yours"): sum(1 for x in new if x.state is LanState.READY),
        translate("{0} closed"): sum(1 for x in new if x.state is LanState.BLOCKED),
        translate("{0} need another sign-in"): sum(1 for x in new if x.state is LanState.LOGIN),
        translate("{0} not yours"): sum(1 for x in new if x.state is LanState.NOT_OURS),
    }
    return strong, " · ".join(words.format(n) for words, n in counts.items() if n)


def way_words(way: str) -> str:
    """What a way of finding devices is called."""
    names = {
        "sweep": translate("Connections"),
        "tcp": "HTTP",
        "neighbour": translate("Neighbours"),
        "mdns": "mDNS",
        "wsd": "WS-Discovery",
        "ssdp": "SSDP",
        "pnp": "SIP PnP",
        "sip": "SIP PnP",
        "arp": "ARP",
    }
    return names.get(way, way)


def tried_words(report: ScanReport) -> list[tuple[str, str]]:
    """What each way of a scan did: its name, and how many were asked and heard, or why it could not."""
    lines = []
    for way in report.ways:
        counts = translate("{0} asked, {1} heard").format(number_word(way.asked), number_word(way.heard))
        lines.append((way_words(way.way), f"{counts}. {way.trouble}" if way.trouble else counts))
    return lines
