"""Words that several pages show: verdicts, kinds, times in a site's zone, ages, sizes. Texts only; no widget."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from core.base.verdict import Verdict


def translate(text: str, context: str = "words") -> str:
    """The text in the window's language; for plain functions, which have no `tr`."""
    return QCoreApplication.translate(context, text)


def verdict_word(verdict: Verdict | str) -> str:
    """The one fixed word of a verdict in the window's language."""
    words = {
        Verdict.PROVED: translate("proved"),
        Verdict.ACCEPTED: translate("accepted"),
        Verdict.DIFFERS: translate("differs"),
        Verdict.WAITING: translate("waiting"),
        Verdict.REFUSED: translate("refused"),
        Verdict.UNREACHABLE: translate("unreachable"),
        Verdict.AMBIGUOUS: translate("ambiguous"),
        Verdict.FOREIGN: translate("foreign"),
    }
    return words.get(Verdict(verdict), str(verdict)) if verdict in set(Verdict) else str(verdict)


def label_word(label: str) -> str:
    """A field's or an entity's declared label in the window's language."""
    return translate(label, "entities")


_SHORT = {
    "pin": "PIN",
    "apt pin": "Apartment + PIN",
    "ymd": "Year-month-day",
    "mdy": "Month/day/year",
    "dmy": "Day/month/year",
    "sip": "SIP",
    "ip": "IP",
    "itec": "iTec",
    "light": "Lamp",
    "multi tenant door phone": "Multi-tenant door phone",
    "single tenant door phone": "Single-tenant door phone",
}


def choice_text(text: str) -> str:
    """A member of a choice in English: its word with blanks, first letter large, short forms as said."""
    plain = text.replace("_", " ")
    return _SHORT.get(plain, plain[:1].upper() + plain[1:])


def choice_word(text: str) -> str:
    """As `choice_text`, in the window's language."""
    return translate(choice_text(text), "choices")


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None (the reader's own time) for an empty or unknown one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def time_word(moment: datetime | None, now: datetime, zone: str = "") -> str:
    """`09:12` today, `Mon 09:12` within a week, `12 Oct 09:12` this year, else `12 Oct 2025`; in the site's zone."""
    if moment is None:
        return ""
    there, today = moment.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    days = (today.date() - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    locale = QLocale()
    day = QDate(there.year, there.month, there.day)
    if 0 < days < 7:
        return f"{locale.toString(day, 'ddd')} {there:%H:%M}"
    if there.year == today.year:
        return f"{locale.toString(day, 'd MMM')} {there:%H:%M}"
    return str(locale.toString(day, "d MMM yyyy"))


def day_word(moment: datetime | None, zone: str = "") -> str:
    """`30 Nov 2026` in the site's zone; empty for None."""
    if moment is None:
        return ""
    there = moment.astimezone(zone_of(zone))
    return str(QLocale().toString(QDate(there.year, there.month, there.day), "d MMM yyyy"))


def date_words(day: date | None) -> str:
    """`30 Nov`, with the year where it is not this one of the calendar in use; empty for None."""
    if day is None:
        return ""
    form = "d MMM" if day.year == QDate.currentDate().year() else "d MMM yyyy"
    return str(QLocale().toString(QDate(day.year, day.month, day.day), form))


def age_word(moment: datetime | None, now: datetime) -> str:
    """How long ago: `now` below five seconds, `40 s`, `12 min`, `2 h 10`, `3 d`; empty for None."""
    if moment is None:
        return ""
    seconds = max(0, int((now - moment).total_seconds()))
    if seconds < 5:
        return translate("now")
    if seconds < 60:
        return translate("{0} s").format(seconds)
    if seconds < 3600:
        return translate("{0} min").format(seconds // 60)
    if seconds < 86_400:
        hours, minutes = divmod(seconds // 60, 60)
        return f"{translate('{0} h').format(hours)} {minutes:02}"
    return translate("{0} d").format(seconds // 86_400)


def span_word(span: timedelta) -> str:
    """How long something took: `0.8 s`, `14 s`, `2:03`."""
    seconds = span.total_seconds()
    if seconds < 10:
        return translate("{0} s").format(f"{seconds:.1f}")
    if seconds < 60:
        return translate("{0} s").format(int(seconds))
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def size_word(count: int) -> str:
    """`4.3 MB`."""
    return str(QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat))


def number_word(count: int) -> str:
    """`1,482`."""
    return str(QLocale().toString(count))


def counted(count: int, one: str, many: str) -> str:
    """`1 file`, `1,482 files`: the words take the number at `{0}`."""
    return translate(one if count == 1 else many).format(number_word(count))


def masked(code: str) -> str:
    """A PIN or card without its digits."""
    return "••••" if code else ""
