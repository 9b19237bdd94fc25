"""Pictures from SVG: icons, verdict marks, device silhouettes, the mark, coloured at load and cached.

Every function takes a device pixel ratio, so that the picture is sharp at 100 % and at 200 %.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources

STROKE = "1.75"
_TRACK = "#D3CFC6"
_CUT = "#FFFFFF"


@lru_cache(maxsize=512)
def svg_icon(name: str, colour: str) -> bytes:
    """Give the SVG of a Lucide icon in `colour`. Raises FileNotFoundError for an unknown name."""
    source = resources.text("icons", "lucide", f"{name}.svg")
    return (
        source.replace("currentColor", colour)
        .replace('stroke-width="2"', f'stroke-width="{STROKE}"')
        .encode()
    )


@lru_cache(maxsize=128)
def svg_mark(word: str, solid: str, cut: str, track: str) -> bytes:
    """Give the SVG of a verdict or state mark: `solid` shape, `cut` for what is cut out, `track` for empty rings."""
    source = resources.text("icons", "verdicts", f"{word}.svg")
    return source.replace(_CUT, cut).replace(_TRACK, track).replace("currentColor", solid).encode()


@lru_cache(maxsize=64)
def svg_device(kind: str, colour: str) -> bytes:
    """Give the SVG of a device silhouette: door, screen, single, monitor, guard, access, camera."""
    return resources.text("icons", "devices", f"{kind}.svg").replace("currentColor", colour).encode()


@lru_cache(maxsize=8)
def svg_brand(name: str, post: str, leaf: str) -> bytes:
    """Give the SVG of "mark" or "logo": the post takes the text colour, the leaf the primary one."""
    source = resources.text("icons", "brand", f"{name}.svg")
    return source.replace("#1A1C20", post).replace("#2746C7", leaf).encode()


@lru_cache(maxsize=2048)
def render(svg: bytes, width: int, height: int, ratio: float) -> QPixmap:
    """Draw an SVG into a pixmap of `width` x `height` logical pixels at a device pixel ratio."""
    pixmap = QPixmap(max(1, round(width * ratio)), max(1, round(height * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(svg))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, width, height))
    painter.end()
    return pixmap


def icon_names() -> list[str]:
    """All Lucide icons that are bundled."""
    return [name.removesuffix(".svg") for name in resources.names("icons", "lucide", suffix=".svg")]


def device_names() -> list[str]:
    """All device silhouettes that are bundled."""
    return [name.removesuffix(".svg") for name in resources.names("icons", "devices", suffix=".svg")]
