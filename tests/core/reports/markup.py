"""A strict reader of HTML: what is not closed, nested wrongly, doubled or fetched is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

#: Elements without content, by the HTML standard.
VOID = {"meta", "link", "br", "hr", "img", "input", "col", "area", "base", "source", "wbr"}
#: Attributes that make a browser fetch something.
FETCHED = {"src", "srcset", "data", "poster", "action", "background", "ping"}
#: What may stand in a paragraph; anything else would end it unseen.
PHRASING = {"b", "small", "span", "em", "strong", "code", "sub", "sup"}
TABLE_PARENTS = {
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "li": {"ul", "ol"},
    "dt": {"dl"},
    "dd": {"dl"},
    "figcaption": {"figure"},
}


@dataclass
class Found:
    """What was read: elements, texts, identifiers, and everything that is wrong."""

    elements: int = 0
    text: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    referred: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Found()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if "svg" not in self.open and tag not in VOID:
            self.found.wrong.append(f"<{tag}/> does not close itself in HTML")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.found.wrong.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title"}:
            self.found.text.append(data)

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found, parent = self.found, self.open[-1] if self.open else ""
        found.elements += 1
        if tag in {"script", "link", "iframe", "object", "embed", "img", "base", "form"}:
            found.wrong.append(f"<{tag}> has no place in a report")
        if tag in TABLE_PARENTS and parent not in TABLE_PARENTS[tag]:
            found.wrong.append(f"<{tag}> stands in <{parent}>")
        if "p" in self.open and tag not in PHRASING:
            found.wrong.append(f"<{tag}> stands in a paragraph")
        names = [name for name, _ in attrs]
        found.wrong += [f"{name} twice in <{tag}>" for name in set(names) if names.count(name) > 1]
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        found = self.found
        if name == "id":
            if value in found.ids:
                found.wrong.append(f"id {value} twice")
            found.ids.add(value)
        if name in {"href", "xlink:href"} and value.startswith("#"):
            found.referred.add(value[1:])
        elif name in FETCHED or name in {"href", "xlink:href"}:
            found.wrong.append(f"{name}={value} in <{tag}>")
        if name.startswith("on"):
            found.wrong.append(f"{name} in <{tag}>")
        if "url(" in value:
            inside = value.split("url(", 1)[1].split(")", 1)[0]
            if not inside.startswith("#"):
                found.wrong.append(f"{value} in <{tag}>")
            found.referred.add(inside[1:])


def read(page: str) -> Found:
    """Read a page; its beginning must be the doctype."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    found = reader.found
    if not page.lstrip().startswith("<!DOCTYPE html>"):
        found.wrong.append("no doctype at the beginning")
    found.wrong += [f"<{tag}> is not closed" for tag in reader.open]
    found.wrong += [f"nothing has the id {name}" for name in found.referred - found.ids]
    return found
