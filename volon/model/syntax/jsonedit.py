"""One value put into a text of JSON, or taken out of it, and every other byte left as it is.

What is put in goes behind what is there, in the style around it. Taking it out is the exact inverse, also when
something else in the text was changed in between; comments stay with what they stand behind.

Source: issue "Where agents live" (settings of other tools are edited surgically).
"""

from __future__ import annotations

import json

from volon.model.syntax.jsonc import read
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.syntax.jsonc import Item, Json, Node

_BESIDE = pattern(r"(?:[ \t]*(?://[^\r\n]*|/\*[^*\r\n]*(?:\*(?!/)[^*\r\n]*)*\*/))*")
"""Comments on the rest of a line."""
_REMARK = pattern(r"//[^\r\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/")
_INDENT = pattern(r"[ \t]*")
_SPACE = " \t\r\n"


def added(text: str, keys: tuple[str, ...], value: Json, key: str = "") -> str:
    """Return a text with one more element in an array, or one more member in an object.

    Args:
        text: JSON, perhaps with comments.
        keys: lead from the whole to the array or object, which is there.
        value: what is added.
        key: the member's, which is not there; empty in an array.
    """
    root = read(text)
    inside = _descended(root, keys)
    base = _newline(text) + _indent(text, inside.start)
    unit = _unit(text, root)
    if not inside.items:
        gap = text[inside.start + 1 : inside.end - 1]
        at = inside.start + 1 + max((one.end() for one in _REMARK.finditer(gap)), default=0)
        remark = _in_remark(text[inside.start + 1 : at])
        lead = "" if _on_one_line(text, root) and not remark else base + unit
        return text[:at] + lead + _written(key, value, lead, unit) + ("" if remark or not lead else base) + text[at:]
    last = inside.items[-1]
    behind = max(last.comma + 1, last.node.end)
    beside = _BESIDE.match(text, behind)
    at = beside.end() if beside else behind
    leads = [one for one in (_lead(text, item) for item in inside.items) if "\n" in one]
    lead = _newline(text) + leads[-1].rpartition("\n")[2] if leads else " "
    lead = base + unit if lead == " " and _in_remark(text[behind:at]) else lead
    new = lead + _written(key, value, lead, unit)
    return f"{text[:behind]},{text[behind:at]}{new}{text[at:]}" if last.comma < 0 else f"{text[:at]}{new},{text[at:]}"


def without(text: str, keys: tuple[str, ...], item: Item) -> str:
    """Return a text without an element of an array, or a member of an object.

    Args:
        text: JSON, perhaps with comments.
        keys: lead from the whole to the array or object.
        item: one of what stands in there.
    """
    inside = _descended(read(text), keys)
    index = inside.items.index(item)
    begin = item.start - len(_lead(text, item))
    behind = item.node.end
    rest = text[behind:] if item.comma < 0 else text[behind : item.comma] + text[item.comma + 1 :]
    before = inside.items[index - 1].comma if index else inside.start
    if _in_remark(text[before + 1 : begin]):
        # What ends a comment must stay: the line's end before the item, unless there is one behind it.
        begin = begin if rest.lstrip(" \t")[:1] in {"\r", "\n"} else item.start
    elif len(inside.items) == 1:
        indent = _indent(text, inside.start)
        rest = rest.removeprefix(next((one for one in (f"\r\n{indent}", f"\n{indent}") if rest.startswith(one)), ""))
    last = item.comma < 0 and index
    return (text[:before] + text[before + 1 : begin] if last else text[:begin]) + rest


def rewritten(text: str, item: Item, value: Json) -> str:
    """Return a text in which an element or a member has another value."""
    lead = _newline(text) + _lead(text, item).rpartition("\n")[2] if "\n" in _lead(text, item) else ""
    body = _written("", value, lead, _unit(text, read(text)))
    return text[: item.node.start] + body + text[item.node.end :]


def _descended(node: Node, keys: tuple[str, ...]) -> Node:
    for key in keys:
        node = next(one.node for one in node.items if one.key == key)
    return node


def _written(key: str, value: Json, lead: str, unit: str) -> str:
    body = json.dumps(value, ensure_ascii=False, indent=unit if lead.strip(" ") else None)
    return (f"{json.dumps(key)}: " if key else "") + body.replace("\n", lead)


def _in_remark(gap: str) -> bool:
    """Whether what stands between two values ends in a comment that reaches to the end of its line."""
    remarks = list(_REMARK.finditer(gap))
    return bool(remarks) and remarks[-1].end() == len(gap) and remarks[-1][0].startswith("//")


def _on_one_line(text: str, root: Node) -> bool:
    return bool(root.items) and "\n" not in text[root.start : root.end]


def _lead(text: str, item: Item) -> str:
    head = text[: item.start]
    return head[len(head.rstrip(_SPACE)) :]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str, root: Node) -> str:
    """One step of indentation: that of the first member that has a line of its own."""
    leads = [_lead(text, one) for one in root.items]
    return next((one.rpartition("\n")[2] for one in leads if "\n" in one), "") or "  "


def _indent(text: str, at: int) -> str:
    found = _INDENT.match(text, text.rfind("\n", 0, at) + 1)
    return found[0] if found else ""
