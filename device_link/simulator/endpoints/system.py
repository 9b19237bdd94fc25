"""system/*, time/*, log/*, security_basic and packet capture (device API 3.1, 3.11, 1.2)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from device_link.simulator.call import Answer, Call, Effect, Handler
from device_link.simulator.config_map import DOOR
from device_link.simulator.envelope import Envelope, error_param, failed, ok
from device_link.simulator.timezones import zone_id, zone_list
from device_link.simulator.unit import Unit
from device_link.simulator.wire import number, text

_PCAP_HEADER = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


def _info(unit: Unit, _call: Call) -> Envelope:
    status: dict[str, Any] = {
        "Model": unit.profile.model,
        "MAC": unit.shown_mac(),
        "FirmwareVersion": unit.state.firmware,
        "HardwareVersion": unit.profile.hardware,
    }
    data: dict[str, Any] = {"Status": status, "Lan": _lan(unit)}
    if unit.profile.short_info:
        return ok("info", data)
    status |= {"TelnetActive": "0", "Uptime": _uptime(unit), "RemoteDebugStatus": "0"}
    status["WebLang"] = unit.config.get("Config.Settings.LANGUAGE.WebLang", "0")
    data["Connect"] = {
        "ServerMode": unit.config.get(f"{DOOR}.CONNECT.ServerMode"),
        "Location": unit.config.get(f"{DOOR}.DEVICENODE.Location"),
    }
    for account in (1, 2):
        data[f"Account{account}"] = account_status(unit, account)
    if unit.profile.key == "S532":
        status["Flash"], data["Face"] = "0", {"State": "1"}
    if unit.profile.key == "P2":
        data["CardSetting"] = {"MifarePlusSE1K4bytesEnable": "0"}
        data["General"] = {"KeypadSplashProtectEnable": "0"}
    return ok("info", data)


def _lan(unit: Unit) -> dict[str, str]:
    prefix = "Config.Network.LAN"
    return {
        "PortType": unit.config.get(f"{prefix}.Type"),
        "LinkStatus": "1",
        "IPAddress": unit.ip,
        "SubnetMask": unit.config.get(f"{prefix}.SubnetMask"),
        "Gateway": unit.config.get(f"{prefix}.DefaultGateway"),
        "DNS1": unit.config.get(f"{prefix}.PrimaryDNS"),
        "DNS2": unit.config.get(f"{prefix}.SecondaryDNS"),
    }


def _uptime(unit: Unit) -> str:
    minutes, seconds = divmod(unit.uptime_s(), 60)
    hours, minutes = divmod(minutes, 60)
    if not unit.profile.uptime_words:
        return f"{hours:02}:{minutes:02}:{seconds:02}"
    days, hours = divmod(hours, 24)
    return f"{days // 7} weeks, {days % 7} days, {hours} hours, {minutes} minutes"


def account_status(unit: Unit, account: int) -> dict[str, str]:
    """Return one SIP account's part of a status; 2 is registered, 0 disabled (device API 3.1)."""
    prefix = f"Config.Account{account}"
    server = unit.config.get(f"{prefix}.SIP.Server")
    registered = unit.config.flag(f"{prefix}.GENERAL.Enable") and server
    return {
        "UserName": unit.config.get(f"{prefix}.GENERAL.UserName"),
        "SipServer": server,
        "Status": "2" if registered else "0",
    }


def _status(unit: Unit, _call: Call) -> Envelope:
    return ok("status", {"SystemTime": int(unit.now()), "UpTime": unit.uptime_s()})


def _reboot(unit: Unit, _call: Call) -> Answer:
    ignored = unit.faults.strike("reboot-ignored")
    return Answer(ok("reboot"), Effect.NONE if ignored else Effect.REBOOT)


def _time(unit: Unit, _call: Call) -> Envelope:
    prefix = "Config.Settings.SNTP"
    data: dict[str, Any] = {
        "local_time": f"{unit.local_now():%Y%m%d %H:%M:%S}",
        "timezone_id": zone_id(unit.config),
        "primary_ntp_server": unit.config.get(f"{prefix}.NTPServer1"),
        "secondary_ntp_server": unit.config.get(f"{prefix}.NTPServer2"),
        "ntp_interval": unit.config.get(f"{prefix}.Interval"),
    }
    if not unit.profile.short_info:
        data |= {"auto_time": unit.config.get(f"{prefix}.Enable"), "timezone_display_list": zone_list()}
    return ok("get", data)


def _log_get(unit: Unit, _call: Call) -> Envelope:
    return ok("get", unit.config.shown_under("Config.Settings.LOGLEVEL."))


def _log_set(unit: Unit, call: Call) -> Envelope:
    key = "Config.Settings.LOGLEVEL.Level"
    level = text(call.data.get(key, call.data.get("Level")))
    if level not in set("01234567"):
        return error_param()
    unit.write_config({key: level})
    return ok("set")


def _log_export(unit: Unit, call: Call) -> Answer:
    lines = list(unit.syslog) if call.named("type") != "kmsg" else ["[    0.000000] Booting Linux"]
    return Answer(raw="".join(f"{line}\n" for line in lines).encode("utf-8"), content_type="text/plain")


def _log_clear(unit: Unit, _call: Call) -> Envelope:
    unit.syslog.clear()
    return ok("clear")


def _security_basic(unit: Unit, call: Call) -> Envelope:
    """Change the web password; both members come as Base64."""
    try:
        user, password = (
            base64.b64decode(text(call.data.get(name)), validate=True).decode("utf-8")
            for name in ("userName", "newPassword")
        )
    except (binascii.Error, ValueError):
        return error_param()
    if not user or not password:
        return error_param()
    unit.config.put(
        {
            "Config.Settings.WEB_LOGIN.UserName": user,
            "Config.Settings.WEB_LOGIN.Password": password,
            "Config.Settings.SECURITY.FirstTimeLogin": "0",
        }
    )
    unit.dirty = True
    return ok("set")


def _pcap_start(unit: Unit, call: Call) -> Envelope:
    seconds = number(call.data.get("time"), 60)
    if not 1 <= seconds <= 180:
        return error_param()
    unit.capture_kind = text(call.data.get("type"), 16) or "manual"
    unit.capture_until = unit.clock.monotonic() + seconds
    return ok("start")


def _pcap_status(unit: Unit, _call: Call) -> Envelope:
    running = unit.clock.monotonic() < unit.capture_until
    size = len(_PCAP_HEADER) if unit.capture_kind else 0
    return ok("status", {"FileSize": str(size), "Status": "1" if running else "0"})


def _pcap_stop(unit: Unit, _call: Call) -> Envelope:
    unit.capture_until = 0.0
    return ok("stop")


def _pcap_export(unit: Unit, _call: Call) -> Answer:
    if not unit.capture_kind:
        return Answer(failed("export", "No file"))
    return Answer(raw=_PCAP_HEADER, content_type="application/octet-stream")


HANDLERS: dict[str, Handler] = {
    "system/info": _info,
    "system/status": _status,
    "system/reboot": _reboot,
    "time/get": _time,
    "log/get": _log_get,
    "log/set": _log_set,
    "log/export": _log_export,
    "log/clear": _log_clear,
    "security_basic/set": _security_basic,
    "pcap/start": _pcap_start,
    "pcap/status": _pcap_status,
    "pcap/stop": _pcap_stop,
    "pcap/export": _pcap_export,
}
