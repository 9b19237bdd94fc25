"""The factory settings of a profile: every key that device API 3.4 to 7 names, in the dialect that the model speaks.

One immutable map per profile is shared by all its devices; a device stores only what was changed (`config`).
All values are strings, as on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from device_link.simulator.profiles import PROFILES, Profile

Pairs = Iterator[tuple[str, str]]

LETTERS = "ABCD"
DOOR = "Config.DoorSetting"
ACTION_URL = "Config.Features.ACTIONURL"
SECRET_ENDINGS = ("Password", "Password02", "Pwd", "Pwd02", "RelayOnWebPwd", "Key16", "Key16Mac", "AuthKey")
"""A key that ends so is a secret: it reads back empty (device API 1.2)."""


@cache
def factory_settings(key: str) -> Mapping[str, str]:
    """Return the factory map of the profile with this key; the same object each time."""
    profile = next(one for one in PROFILES if one.key == key)
    parts = (_api, _relays, _inputs, _action_urls, _accounts, _rtsp, _network, _settings, _door, _autop)
    return MappingProxyType(dict(pair for part in parts for pair in part(profile)))


def api_prefix(profile: Profile) -> str:
    """Return the prefix of the HTTP API's own keys, without the last dot."""
    return f"{DOOR}.{profile.api_keys}"


def _block(prefix: str, text: str) -> Pairs:
    """Read `Name=value` words; a bare `Name` is empty. A value cannot hold a blank here."""
    for word in text.split():
        name, _, value = word.partition("=")
        yield f"{prefix}.{name}", value


def _api(profile: Profile) -> Pairs:
    yield from _block(api_prefix(profile), "Enable=1 AuthMode=2 UserName=admin Password=admin")
    yield from _block(api_prefix(profile), " ".join(f"WhiteListIP{n:02}" for n in range(1, 6)))
    yield from _block(
        "Config.Settings.WEB_LOGIN", "UserName=admin Password=admin UserName02=user Password02=user"
    )
    yield from _block(
        "Config.Settings.SECURITY",
        "FirstTimeLogin=0 UserAccountEnabled=0 UserAccountEnable=0 SessionTimeout=900 HighSecurity=0",
    )


def _relays(profile: Profile) -> Pairs:
    prefix = f"{DOOR}.RELAY"
    for number, letter in enumerate(LETTERS[: profile.relays], start=1):
        names = "TypeX=0 HoldDelayX=3 TriggerDelayX=0 NameX=RelayX ModeX=0 RelayXEnable=1"
        if profile.relay_keys == "numbered":
            names = "RelayXType=0 RelayXDelay=3 RelayNameX=RelayX RelayXMode=0 RelayXEnable=1"
        yield from _block(prefix, names.replace("X", letter))
        yield from _block(f"{DOOR}.DTMF", f"Code{number}={number - 1} MultiCode{number}=01{number}")
        yield from _block(f"{DOOR}.RELAYSCHEDULE", f"Relay{letter}Enable=0 Relay{letter}Schedule")
    if profile.relay_keys == "lettered":
        yield from _block(prefix, "HttpTrig=0 UserName=admin Password=admin SessionCheck=0")
    else:
        yield from _block(prefix, "RelayOnWeb=0 RelayOnWebUser=admin RelayOnWebPwd=admin")
    for letter in LETTERS[: profile.security_relays]:
        names = "SecurityRelayXEnabled=0 HoldDelaySX=3 TriggerDelaySX=0 NameSX=SecurityRelayX"
        yield from _block(prefix, names.replace("X", letter))
        yield from _block(f"{DOOR}.DTMF", f"CodeS{letter}")
    yield from _block(prefix, "DTMFUnlock=0")
    yield from _block(f"{DOOR}.DTMF", "Enable=1 Option=1")


def _inputs(profile: Profile) -> Pairs:
    prefix = f"{DOOR}.INPUT"
    for number, letter in enumerate(LETTERS[: profile.inputs]):
        if profile.relay_keys == "lettered":
            yield from _block(prefix, f"Enable{letter}=0 Option{letter}=0 RelayId{letter}=0 Delay{letter}=0")
            continue
        tag = letter if number else ""
        yield from _block(prefix, f"Input{tag}Enable=0 Input{tag}Trigger=0 Input{tag}Relay={number + 1}")
        yield from _block(prefix, f"Input{tag}Action=0 Input{tag}Delay=0")
    if profile.tamper:
        yield from _block(f"{DOOR}.TAMPER", "Enable=0 Threshold=32 Alarm=0")


def _action_urls(profile: Profile) -> Pairs:
    yield from _block(ACTION_URL, "Enable=0 Method Type=0 AuthorizationMode=0 Username Password")
    for letter in LETTERS[: profile.relays]:
        yield from _block(ACTION_URL, f"Relay{letter}Triggered Relay{letter}Closed BreakInAlarm{letter}")
    for letter in LETTERS[: profile.inputs]:
        yield from _block(ACTION_URL, f"Input{letter}Triggered Input{letter}Closed")
    yield from _block(
        ACTION_URL,
        "ValidCodeEntered InvalidCodeEntered ValidCardEntered InvalidCardEntered ValidFaceRecognition "
        "InvalidFaceRecognition ValidQRCodeEntered InvalidQRCodeEntered AlarmTriggered MakeCall HangUp "
        "AlarmDoorOpenedTimeoutA AlarmDoorOpenedTimeoutB MotionDetect DTMFAccessGranted PropOpenAlert HeartBeat "
        "Reception InputActive InputInactive SetupCompleted IPChanged Registered Unregistered RegisterFailed "
        "IncomingCall OutgoingCall Established Terminated MissedCall Input Input2 Input3 Input4",
    )


def _accounts(profile: Profile) -> Pairs:
    if "sip" in profile.missing:
        return
    for number in (1, 2):
        prefix = f"Config.Account{number}"
        yield from _block(f"{prefix}.GENERAL", "Enable=0 Label DisplayName UserName AuthName Pwd UserAgent")
        yield from _block(
            f"{prefix}.SIP",
            "Server Server2 Port=5060 Port2=5060 TransType=0 ListenPortMin=5062 ListenPortMax=5082",
        )
        yield from _block(f"{prefix}.REG", "Timeout=1800 Timeout2=1800")
        yield from _block(f"{prefix}.OUTPROXY", "Enable=0 Server Port=5060 BakServer BakPort=5060")
        yield from _block(f"{prefix}.STUN", "Enable=0 Server Port=3478")
        yield from _block(f"{prefix}.NAT", "UdpKeepEnable=1 UdpKeepInterval=30 Rport=1")
        yield from _block(f"{prefix}.DTMF", "Type=1 Payload=101 InfoType=0")
        yield from _block(f"{prefix}.AUTO_ANSWER", "Enable=1")
        yield from _block(f"{prefix}.ENCRYPTION", "SRTPEncryption=0")
        for codec in range(8):
            yield from _block(
                f"{prefix}.AUDIO{codec}", f"Enable={int(codec < 4)} Priority={codec + 1} Payload={codec}"
            )
    yield "Config.Programable.SOFTKEY01.LocalParam1", ""


def _rtsp(profile: Profile) -> Pairs:
    prefix = f"{DOOR}.RTSP" if "doorlog" not in profile.missing else "Config.Settings.RTSP"
    yield from _block(
        prefix,
        "Enable=1 Audio=1 AudioCodec=0 Video=1 VideoCodec=0 H264Resolution=5 H264FrameRate=25 H264BitRate=2048 "
        "Video2=1 VideoCodec2=0 H264Resolution2=3 H264FrameRate2=25 H264BitRate2=512 OSDEnable=0 OSDText "
        "MJPEGAuthorization=1",
    )
    if profile.rtsp_keys == "Authorization":
        yield from _block(prefix, "Authorization=1 AuthenticationType=1 Username=admin Password=admin")
    else:
        yield from _block(prefix, "AuthEnable=1 AuthType=1 UserName=admin Password=admin")
    yield from _block(f"{DOOR}.MJPEGSERVICE", "Enable=1 ImageQuality=3")
    yield from _block("Config.OnvifServer.DEVICE", "Mode=0 User=admin Pwd=admin MilestoneEnabled=0")


def _network(_profile: Profile) -> Pairs:
    yield from _block(
        "Config.Network.LAN",
        "Type=0 StaticIP=192.168.1.100 SubnetMask=255.255.255.0 DefaultGateway=192.168.1.1 PrimaryDNS=8.8.8.8 "
        "SecondaryDNS UseStaticDNS=0",
    )
    yield from _block("Config.Network.VLAN", "Enable=0 VID=1 Priority=0")
    yield from _block("Config.Network.8021X", "Enable=0 Mode=0 UserName Password")
    yield from _block("Config.Network.SNMP", "Enable=0 Port=161 TrustedIP")
    yield from _block(
        "Config.Network.WEBSERVER", "Enable=1 HttpEnable=1 HttpsEnable=1 HttpPort=80 HttpsPort=443"
    )
    yield from _block("Config.Network.TELNET", "Enable=0 Port=23")


def _settings(_profile: Profile) -> Pairs:
    yield from _block(
        "Config.Settings.SNTP",
        "Enable=1 TimeZone=GMT+0:00 Name=London NTPServer1=0.pool.ntp.org NTPServer2=1.pool.ntp.org Interval=3600",
    )
    yield from _block("Config.Settings.DATETIME", "TimeFormat=1 DateFormat=0 DaylightMode=2")
    yield from _block("Config.Settings.LANGUAGE", "Type=0 WebLang=0")
    yield from _block("Config.Settings.GENERAL", "DirectIP=1 WebTitle=Intercom Mute=0")
    yield from _block("Config.Settings.BACKLIGHT", "Level=5 Timeout=30")
    yield from _block("Config.Settings.CALLTIMEOUT", "DialOut=60 DialIn=60 MaxCall=5 MaxDial=60")
    yield from _block("Config.Settings.LOGLEVEL", "Level=3 RemoteSyslog=0 RemoteServer RemoteServerPort=514")
    yield from _block("Config.Settings.PCAP", "PortFilter AutoRefresh=0")
    yield from _block("Config.Settings.VOLUME", "Mic=8 Speaker=8 Tamper=8 Prompt=8 Ring=8")
    yield from _block("Config.Settings.MULTICAST", "Enable=0 Address1=224.1.6.11:51230 Address2 Address3")


def _door(profile: Profile) -> Pairs:
    yield from _block(f"{DOOR}.DEVICENODE", "Type=0 Address=1.1.1.1.1 Extension=1 Location")
    yield from _block(f"{DOOR}.DISCOVER", "AreaNo BuildNo UnitNo FloorNo RoomNo DeviceNo CallNo DeviceID")
    yield from _block(f"{DOOR}.CONNECT", "ServerMode=0 DiscoveryMode=1")
    yield from _block(f"{DOOR}.CLOUDSERVER", "Enable=0 RpsEnable=1 RpsServer=rps.akuvox.com:8080")
    yield from _block(f"{DOOR}.GENERAL", "DeviceName WiegandType=0 WiegandOpenRelayA=0 WiegandDirection=0")
    yield from _block(f"{DOOR}.PASSWORD", "PublicKeyEnable=0")
    public = "PublicKey1 PublicKey2 PublicKey3" if profile.relay_keys == "lettered" else "PublicKey"
    yield from _block(f"{DOOR}.PASSWORD", public)
    yield from _block(f"{DOOR}.PASSWORD", "PublicKeyBitsLimit=8 PrivateKeyEnable=1 AptPinEnable=0")
    card = "RFCARD" if profile.relay_keys == "lettered" else "RFCARDDISPLAY"
    yield from _block(f"{DOOR}.{card}", "RfidDisplayMode=4 IcIdCardType=2 MifareEnable=1 NfcEnable=1")
    yield from _block(f"{DOOR}.BLE", "Enable=0 Rssi=-72 OpenInterval=5")
    yield from _block(f"{DOOR}.MOTION_DETECT", "Enable=0 Interval=10 Sensitivity=3 Action=0 Area")
    yield from _block(f"{DOOR}.LIFTCONTROL", "Type=0 Server Port=9000 Floor")
    yield from _block(f"{DOOR}.FACE", "Enable=1 Level=2 AntiSpoofing=1 Interval=5 OfflineLearning=0")
    yield from _block(
        f"{DOOR}.WEBRELAY", " ".join(f"Action{n:02} Key{n:02} Relay{n:02}" for n in range(1, 11))
    )
    yield from _block(f"{DOOR}.LED", "Mode=0 Start=18 End=6 Colour=0")


def _autop(_profile: Profile) -> Pairs:
    prefix = "Config.Autoprovision"
    yield from _block(f"{prefix}.GENERAL", "Url UserName Pwd Priority CustomEnable=0 CheckSync=1")
    yield from _block(f"{prefix}.MODE", "Mode=1 Md5AutoClear=0")
    yield from _block(
        f"{prefix}.SCHEDULE", "DayOfWeek=7 SomeDayOfWeek HourOfDay=22 MinuteOfHour=0 SecondOfMinute=0"
    )
    yield from _block(f"{prefix}.REBOOT_MODE", "Mode=0")
    yield from _block(f"{prefix}.REBOOT_SCHEDULE", "DayOfWeek=7 HourOfDay=3 MinuteOfHour=0")
    yield from _block(f"{prefix}.AES", "Key16 Key16Mac")
    yield from _block(f"{prefix}.PNP", "Enable=1 Url")
    yield from _block(f"{prefix}.DHCP_OPTION", "Enable=1 CustomId CustomValue")
    yield from _block(f"{prefix}.RETRY_TIMES", "Times=3")
    yield from _block(f"{prefix}.REDIRECT", "Enable=1 Url")
    for slot in range(1, 51):
        yield from _block(f"{prefix}.{slot:02}", "Name Code Url User Password ComAes MacAes")
