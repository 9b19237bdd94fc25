"""DEV-20: the questions, their answers, and a remedy for everything that is not right."""

from __future__ import annotations

import pytest

from core.rules.checklist import Answer, Facts, Question, checklist

FINE = Facts(
    registered=True,
    server_mode="2",
    answered=True,
    link="1",
    gateway=True,
    cloud_seen=True,
    losses=0,
    mistakes=0,
)


def answers(facts: Facts) -> dict[Question, Answer]:
    return {check.question: check.answer for check in checklist(facts)}


def test_all_questions_in_their_order() -> None:
    checks = checklist(Facts())
    assert [c.question for c in checks] == list(Question)
    assert {c.answer for c in checks} == {Answer.UNKNOWN}
    assert all(c.remedy for c in checks)
    assert {c.answer for c in checklist(FINE)} == {Answer.RIGHT}
    assert not any(c.remedy for c in checklist(FINE))


@pytest.mark.parametrize(
    ("facts", "question"),
    [
        (Facts(registered=False), Question.REGISTERED),
        (Facts(server_mode="1"), Question.CLOUD_FIRMWARE),
        (Facts(answered=False), Question.POWERED),
        (Facts(gateway=False), Question.INTERNET),
        (Facts(link="2"), Question.NETWORK),
        (Facts(answered=True, losses=1), Question.NETWORK),
        (Facts(mistakes=2), Question.DATA),
    ],
)
def test_what_is_wrong_is_named(facts: Facts, question: Question) -> None:
    assert answers(facts)[question] is Answer.WRONG
