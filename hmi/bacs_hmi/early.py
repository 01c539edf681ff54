"""The first view as plain HTML: a browser shows it before the scripts that make it live are there.

It lies over the place of the live page, whose elements it repeats one by one, and goes as soon as
that one is there (`canvas/shared/bacs_early.js`). A page with anything in it that only its own
component can draw is not repeated: half a page would not be the truth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from nicegui import ui
from nicegui.element import Element

from bacs_hmi.canvas.overview import OverviewCanvas
from bacs_hmi.canvas.string_view import StringView
from bacs_hmi.keyboard import Keyboard
from bacs_hmi.pulse import Pulse
from bacs_hmi.rest import Rest

#: A page whose live one does not come must not stand as if it lived: after the time in which a live
#: page says so (`pulse.js`) it says that all is old, and later it is asked for anew.
_STANDS_ALONE: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_EMPTY_TAGS: Final = frozenset({"br", "hr", "img", "input"})

Drawn = OverviewCanvas | StringView


class _NotPlainError(Exception):
    """An element is there that only its component can draw."""


def early_page(root: Element) -> tuple[str, str]:
    """Write the page below `root` as HTML for head and body; both empty if it cannot be.

    What the view is drawn from is then in here, and no longer with its element.
    """
    drawn = next((each for each in root.descendants() if isinstance(each, Drawn)), None)
    if drawn is None:
        return "", ""
    try:
        page = "".join(_html(root))
    except _NotPlainError:
        return "", ""
    # Between the tags of a script nothing may look like its end.
    given = json.dumps(drawn.give_early(), ensure_ascii=False).replace("<", "\\u003c")
    script = (
        '<script type="module" blocking="render">'
        f'import {{ {drawn.view} }} from "{drawn.module}";'
        f'import {{ drawEarly }} from "bacs_early"; drawEarly({drawn.view});</script>'
    )
    body = (
        f'<div id="bacs-early">{page}'
        f'<script type="application/json" id="bacs-early-given">{given}</script></div>'
        f"<script>{_STANDS_ALONE}</script>"
    )
    return script, body


def _html(element: Element) -> Iterator[str]:
    if isinstance(element, Keyboard):
        return
    if isinstance(element, Pulse):
        lost, quiet, last = (
            escape(element.texts[name])
            for name in ("server_lost", "alarms_unknown", "alarms_unknown_last")
        )
        told = f'data-lost="{lost}" data-quiet="{quiet}" data-last="{last}"'
        yield f'<div class="bacs-band" role="alert" hidden {told}></div>'
        return
    if isinstance(element, Rest):
        opacity = (100 - element.props["brightness"]) / 100
        shade = f'<div class="bacs-shade" style="opacity:{opacity}"></div>'
        yield f'<div class="bacs-rest">{shade}</div>'
        return
    if isinstance(element, Drawn):
        yield f'<div class="{element.root_class}" data-early></div>'
        return
    is_html = isinstance(element, ui.html)
    if len(element.slots) != 1 or not (is_html or element.component is None):
        raise _NotPlainError
    props = dict(element.props)
    content = str(props.pop("innerHTML", "")) if is_html else ""
    tag = str(props.pop("tag", "div")) if is_html else element.tag
    if "-" in tag:
        raise _NotPlainError
    props.pop("sanitize", None)
    same = f' data-live="{element.html_id}"' if tag == "button" else ""
    yield f"<{tag}{same}{''.join(_attributes(element, props))}>"
    if tag in _EMPTY_TAGS:
        return
    yield content or escape(_text(element), quote=False)
    for child in element.default_slot.children:
        yield from _html(child)
    yield f"</{tag}>"


def _attributes(element: Element, props: dict[str, Any]) -> Iterator[str]:
    if element.classes:
        yield f' class="{escape(" ".join(element.classes))}"'
    if element.style:
        style = ";".join(f"{name}:{value}" for name, value in element.style.items())
        yield f' style="{escape(style)}"'
    for name, value in props.items():
        if name.startswith(":"):
            raise _NotPlainError
        if value is True:
            yield f" {name}"
        elif value is not None and value is not False:
            yield f' {name}="{escape(str(value))}"'


def _text(element: Element) -> str:
    return getattr(element, "text", None) or ""
