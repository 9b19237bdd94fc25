"""SITE-27: the days and receivers of an office's expiry mails."""

from __future__ import annotations

from core.rules.expiry_mails import DAYS, Receiver, receivers


def test_site_27_days_and_receivers() -> None:
    told = {day: receivers(day, mail_on=True) for day in range(-20, 21)}
    assert {day: who for day, who in told.items() if who} == dict(DAYS)
    assert told[5] == {Receiver.MANAGER, Receiver.INSTALLER}
    assert receivers(-3, mail_on=True, after=False) == {Receiver.END_USERS}


def test_site_27_with_the_switch_off_all_go_to_the_installer() -> None:
    assert {receivers(day, mail_on=False) for day in DAYS} == {frozenset({Receiver.INSTALLER})}
    assert receivers(2, mail_on=False) == frozenset()
