"""demo: the main job end to end. shots, gallery: pictures of the window."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import platformdirs

from core.base.errors import UserError
from desktop.cli.output import Output
from desktop.cli.registry import Commands


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    demo = commands.add_plain(
        "demo", _demo, "embedded cloud, simulated LAN, a workstation: the main job, end to end"
    )
    demo.add_argument("--headless", action="store_true", help="run it all without a window, then report")
    demo.add_argument(
        "--shots", type=Path, metavar="DIR", help="where the pictures go; default: the demo's folder"
    )
    demo.add_argument("--no-shots", action="store_true", help="no pictures of the window")
    demo.add_argument("--fresh", action="store_true", help="throw away what an earlier demo left")
    shots = commands.add_plain("shots", _shots, "a picture of every page of the window, light and dark")
    shots.add_argument("--out", type=Path, required=True, metavar="DIR")
    shots.add_argument("--size", default="1280x800", metavar="WxH")
    shots.add_argument("--scale", type=float, default=1.0)
    gallery = commands.add_plain("gallery", _gallery, "every component of the window in every state")
    gallery.add_argument(
        "--shots", type=Path, metavar="DIR", help="write pictures instead of opening a window"
    )


def has_display() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _demo(args: argparse.Namespace, out: Output) -> int:
    # Late: only this command needs the simulator and the web framework.
    from desktop.demo.headless import run_headless  # noqa: PLC0415
    from desktop.demo.stage import Stage  # noqa: PLC0415

    default = Path(platformdirs.user_data_dir("Gatewright", appauthor=False)) / "demo"
    root = args.profile.root if args.profile_given else default
    if args.fresh:
        Stage(root).forget()
    if not args.headless and has_display():
        # Late: Qt.
        from desktop.demo.windowed import run_windowed  # noqa: PLC0415

        return run_windowed(root, out.line)
    if not args.headless:
        out.line("There is no display here, so the demo runs headless.")
    shots = None if args.no_shots else (args.shots or root / "shots").absolute()
    document = asyncio.run(run_headless(root, shots, out.line))
    out.document(document)
    out.line(f"Done in {document['seconds']} s.")
    return 0


def _shots(args: argparse.Namespace, out: Output) -> int:
    _draw_without_display()
    # Late: Qt.
    from desktop.app.window import take_pictures  # noqa: PLC0415

    width, _, height = args.size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise UserError("shots.size", f"'{args.size[:20]}' is not WIDTHxHEIGHT.")
    pictures = take_pictures(args.profile, args.out.absolute(), (int(width), int(height)), args.scale)
    out.document({"screenshots": [str(p) for p in pictures]})
    for picture in pictures:
        out.line(str(picture))
    return 0


def _gallery(args: argparse.Namespace, out: Output) -> int:
    if args.shots is not None or not has_display():
        _draw_without_display()
    if args.shots is None and not has_display():
        remedy = "Write pictures with --shots DIR."
        raise UserError("gallery.display", "There is no display here to show the gallery on.", remedy=remedy)
    # Late: Qt.
    from desktop.views.gallery.__main__ import main  # noqa: PLC0415

    code: int = main(["--shots", str(args.shots)] if args.shots is not None else [])
    out.document({"shots": str(args.shots) if args.shots is not None else None})
    return code


def _draw_without_display() -> None:
    """Pictures need no display; Qt is told before it is imported."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
