"""Turns a drawn figure into an SVG element that can stand on a page beside others."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from matplotlib.figure import Figure

#: Without these nothing in the file tells when and by what it was drawn.
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
#: A hundredth of a point is finer than any printer.
_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")
_DECIMALS: Final = 2
#: The page says which fonts to use.
_FONTS: Final = re.compile(r"font-family: [^;]*;? ?")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
#: What the page says once, for all plots, or nobody needs.
_NOT_KEPT: Final = {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawn plot: an SVG element, and what it shows, for those who cannot see it."""

    svg: str
    title: str


def finish(drawn: Figure, name: str, title: str) -> Plot:
    """Turn a figure into SVG; `name` is unique in the report and keeps its identifiers apart."""
    text = io.StringIO()
    drawn.savefig(text, format="svg", metadata=_NO_METADATA)
    root = ET.fromstring(text.getvalue())  # noqa: S314 - drawn a moment ago
    _tidy(root, name)
    ET.register_namespace("", _SVG)
    root.insert(0, _titled(title))
    root.set("role", "img")
    root.set("class", "plot")
    return Plot(ET.tostring(root, encoding="unicode"), title)


def _titled(title: str) -> ET.Element:
    element = ET.Element(f"{{{_SVG}}}title")
    element.text = title
    return element


def _tidy(root: ET.Element, name: str) -> None:
    """Keep only the identifiers that something refers to, and make them unique on the page."""
    for parent in root.iter():
        for child in [each for each in parent if each.tag in _NOT_KEPT]:
            parent.remove(child)
    used = set(_references(root))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in used:
            element.set("id", f"{name}-{own}")
        link = element.attrib.pop(_XLINK, None)
        if link is not None:
            element.set("href", f"#{name}-{link.removeprefix('#')}")
        for key, value in element.attrib.items():
            referred = _REFERENCE.sub(rf"url(#{name}-\1)", _FONTS.sub("", value))
            element.set(key, _LONG_NUMBER.sub(_shorter, referred) if key != "href" else referred)
        for part in ("text", "tail"):
            # Line breaks between elements show nothing.
            told = getattr(element, part)
            if told is not None and not told.strip():
                setattr(element, part, None)
    # The page gives it its size.
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)


def _shorter(found: re.Match[str]) -> str:
    text = f"{float(found.group()):.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _references(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        link = element.get(_XLINK)
        if link is not None:
            yield link.removeprefix("#")
        for value in element.attrib.values():
            yield from _REFERENCE.findall(value)
