"""What has to be right before work on a device (DEV-20): questions, answers, and what to do about each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Question(StrEnum):
    """The questions of DEV-20, in order."""

    REGISTERED = "registered"
    CLOUD_FIRMWARE = "cloud_firmware"
    POWERED = "powered"
    INTERNET = "internet"
    NETWORK = "network"
    DATA = "data"


class Answer(StrEnum):
    """What is known."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. `remedy`: what to do, for an answer that is not RIGHT."""

    question: Question
    words: str
    answer: Answer
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out; None where nothing was.

    `server_mode`: Connect.ServerMode as the device tells it, 0 none, 1 SDMC, 2 cloud; `link`: Lan.LinkStatus, 1 up,
    2 an address conflict (device API 3.1). `gateway`: whether it names a way out. `mistakes`: what is not proved on it.
    """

    registered: bool | None = None
    server_mode: str | None = None
    answered: bool | None = None
    link: str | None = None
    gateway: bool | None = None
    cloud_seen: bool | None = None
    losses: int | None = None
    mistakes: int | None = None


_WORDS: dict[Question, tuple[str, str]] = {
    Question.REGISTERED: (
        "The distributor has registered its MAC.",
        "Ask your distributor to register the MAC on the label at its back.",
    ),
    Question.CLOUD_FIRMWARE: (
        "Its firmware is one for the cloud and does not report to an SDMC server.",
        "Set its server mode to none or cloud, or flash a firmware for the cloud.",
    ),
    Question.POWERED: (
        "It is powered and answers.",
        "Check power, cable and the switch's port, then scan again.",
    ),
    Question.INTERNET: (
        "It is on the internet.",
        "Check the gateway and DNS of its network; at a site without internet this does not matter.",
    ),
    Question.NETWORK: (
        "Its network is sound.",
        "Look for an address conflict, a bad cable or a switch that drops connections.",
    ),
    Question.DATA: (
        "The data of its users and itself are right.",
        "Look at what is not proved, and push it again.",
    ),
}


def checklist(facts: Facts) -> tuple[Check, ...]:
    """The list for one device, always all questions in their order."""
    return tuple(_check(question, _answer(question, facts)) for question in Question)


def _check(question: Question, answer: Answer) -> Check:
    words, remedy = _WORDS[question]
    return Check(question, words, answer, "" if answer is Answer.RIGHT else remedy)


def _answer(question: Question, facts: Facts) -> Answer:
    known: dict[Question, bool | None] = {
        Question.REGISTERED: facts.registered,
        Question.CLOUD_FIRMWARE: None if facts.server_mode is None else facts.server_mode != "1",
        Question.POWERED: facts.answered,
        Question.INTERNET: False if facts.gateway is False else facts.cloud_seen,
        Question.NETWORK: _sound(facts),
        Question.DATA: None if facts.mistakes is None else facts.mistakes == 0,
    }
    value = known[question]
    return Answer.UNKNOWN if value is None else Answer.RIGHT if value else Answer.WRONG


def _sound(facts: Facts) -> bool | None:
    if facts.link == "2" or (facts.losses or 0) > 0:
        return False
    return True if facts.link == "1" or (facts.answered and facts.losses == 0) else None
