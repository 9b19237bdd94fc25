"""The check list of one device: what was measured, what a person ticked by hand, what is still open (DEV-20, W28).

Measured lines fill themselves from the mirror and from a look at the device. A tick by hand is kept on this laptop,
says who and when, and never looks like a measured fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict
from core.entities.device import DeviceState
from core.entities.proof import ItemKind
from core.rules.checklist import Answer, Check, Question
from core.usecases.clock import ClockReading
from desktop.models.detail import DeviceDetail
from desktop.models.words import number_word, time_word, translate, verdict_word
from desktop.qt.language import spoken

MANUAL = ("call", "picture", "closer", "label", "handed")
"""What only a person at the door can see."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line. `mark`: a verdict or `todo`; `manual`: a person's tick, told apart from a measurement."""

    key: str
    title: str
    note: str
    mark: str
    manual: bool = False
    ticked: bool = False
    remedy: str = ""


def measured_lines(
    detail: DeviceDetail, checks: tuple[Check, ...], clock: ClockReading | None, now: datetime, zone: str
) -> list[CheckLine]:
    """What fills itself; `checks` and `clock` are empty until the device was looked at."""
    answers = {c.question: c for c in checks}
    lines = [_question(q, answers.get(q)) for q in Question if q is not Question.DATA]
    lines.append(_clock_line(clock))
    lines.append(_firmware_line(detail))
    for kind, title in (
        (ItemKind.SETTING, translate("Settings")),
        (ItemKind.PERSON, translate("People")),
        (ItemKind.SCHEDULE, translate("Schedules")),
    ):
        lines.append(_part_line(detail, kind, title))
    lines.append(_commissioned(detail, now, zone))
    lines += _relay_lines(detail, now, zone)
    return lines


_TITLES = {
    Question.REGISTERED: "MAC registered by the distributor",
    Question.CLOUD_FIRMWARE: "Firmware for the cloud, no SDMC server",
    Question.POWERED: "Powered and answers",
    Question.INTERNET: "On the internet",
    Question.NETWORK: "Network is sound",
    Question.DATA: "Data of users and device",
}


def _question(question: Question, check: Check | None) -> CheckLine:
    title = translate(_TITLES[question])
    if check is None:
        return CheckLine(question.value, title, translate("not measured yet"), "todo")
    marks = {Answer.RIGHT: "proved", Answer.WRONG: "refused", Answer.UNKNOWN: "ambiguous"}
    words = {
        Answer.RIGHT: translate("measured"),
        Answer.WRONG: translate("no"),
        Answer.UNKNOWN: translate("could not be measured"),
    }
    return CheckLine(
        question.value, title, words[check.answer], marks[check.answer], remedy=spoken(check.remedy)
    )


def _clock_line(clock: ClockReading | None) -> CheckLine:
    title = translate("Clock and time zone")
    if clock is None:
        return CheckLine("clock", title, translate("not measured yet"), "todo")
    right = clock.right_time and clock.right_zone
    return CheckLine("clock", title, spoken(clock.said), "proved" if right else "differs")


def _firmware_line(detail: DeviceDetail) -> CheckLine:
    device, title = detail.device, translate("Firmware")
    wanted = device.wanted_firmware
    if not device.firmware:
        return CheckLine("firmware", title, translate("not read yet"), "todo")
    if not wanted:
        return CheckLine(
            "firmware", title, translate("{0} runs; none is wanted").format(device.firmware), "proved"
        )
    if wanted == device.firmware:
        return CheckLine("firmware", title, translate("{0} runs, as wanted").format(wanted), "proved")
    note = translate("{0} runs, {1} is wanted").format(device.firmware, wanted)
    return CheckLine(
        "firmware", title, note, "differs", remedy=translate("Start a rollout on the page Firmware.")
    )


def _part_line(detail: DeviceDetail, kind: ItemKind, title: str) -> CheckLine:
    status = detail.plan.status
    wanted, proved = status.count(kind), status.count(kind, Verdict.PROVED)
    if not wanted:
        return CheckLine(kind.value, title, translate("none wanted"), "proved")
    note = translate("{0} of {1} read back equal").format(number_word(proved), number_word(wanted))
    verdict = status.verdict(kind)
    worst = next((i for i in status.items if i.kind is kind and i.verdict is verdict), None)
    said = f"{spoken(worst.title)}: {spoken(worst.said)}".rstrip(": ") if worst else ""
    remedy = "" if verdict is Verdict.PROVED else f"{verdict_word(verdict)}: {said}".rstrip(": ")
    return CheckLine(kind.value, title, note, verdict.value, remedy=remedy)


def _commissioned(detail: DeviceDetail, now: datetime, zone: str) -> CheckLine:
    done = detail.device.state is DeviceState.COMMISSIONED
    seen = time_word(detail.device.seen_at, now, zone)
    note = translate("seen {0}").format(seen) if seen else translate("never seen")
    return CheckLine("commissioned", translate("Commissioned"), note, "proved" if done else "todo")


def _relay_lines(detail: DeviceDetail, now: datetime, zone: str) -> list[CheckLine]:
    """A relay counts as tried when it was opened from this laptop; the audit says when and by whom."""
    lines = []
    for relay in detail.relays:
        if not relay.enabled:
            continue
        tried = next((e for e in detail.history if e.act == f"Open {relay.name}"), None)
        title = translate("{0} opens").format(relay.name)
        if tried is None:
            lines.append(CheckLine(f"relay:{relay.number}", title, translate("not tried yet"), "todo"))
        else:
            note = translate("opened {0} by {1}").format(time_word(tried.at, now, zone), tried.who)
            lines.append(CheckLine(f"relay:{relay.number}", title, note, "accepted"))
    return lines


def manual_lines(ticks: Mapping[str, str]) -> list[CheckLine]:
    """What a person ticks; `ticks` maps a key to who ticked it and when, in words."""
    titles = {
        "call": translate("A call was heard at both ends"),
        "picture": translate("The picture is bright and straight"),
        "closer": translate("The door closes and locks by itself"),
        "label": translate("MAC and name are on the wiring sheet"),
        "handed": translate("Shown to the house and handed over"),
    }
    return [
        CheckLine(key, titles[key], ticks.get(key, ""), "todo", manual=True, ticked=key in ticks)
        for key in MANUAL
    ]


def done_words(lines: list[CheckLine]) -> str:
    """`9 of 14 measured right, 2 of 5 ticked by hand`."""
    measured = [x for x in lines if not x.manual]
    good = sum(1 for x in measured if x.mark in {"proved", "accepted"})
    hand = [x for x in lines if x.manual]
    ticked = sum(1 for x in hand if x.ticked)
    return translate("{0} of {1} measured right, {2} of {3} ticked by hand").format(
        good, len(measured), ticked, len(hand)
    )
