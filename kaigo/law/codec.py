"""YAML・JSON と事実の型の行き来。知らない項目は誤りで、どの項目か・何が書けるかを言う。"""

from __future__ import annotations

import types
from datetime import date
from fractions import Fraction
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class FactsError(ValueError):
    """事実が型に合わない。"""


def decode(kind: Any, raw: Any, where: str = "facts") -> Any:
    """raw(辞書・並び・文字)を kind の値にする。"""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, raw, where)
    if origin is tuple:
        return _tuple(kind, raw, where)
    if origin is Literal:
        if raw not in get_args(kind):
            raise FactsError(
                f"{where}: {raw!r} は書けません。{' '.join(map(str, get_args(kind)))} のどれかです"
            )
        return raw
    if kind is date:
        return _date(raw, where)
    if kind is bool or kind is str:
        if not isinstance(raw, kind):
            raise FactsError(f"{where}: {'真偽' if kind is bool else '文字'}を書いてください")
        return raw
    if kind is int:
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise FactsError(f"{where}: 整数を書いてください")
        return raw
    if hasattr(kind, "_fields"):
        return _record(kind, raw, where)
    if kind is Any:
        return raw
    raise FactsError(f"{where}: {kind} は読めません")


def _union(kind, raw, where):
    if raw is None and type(None) in get_args(kind):
        return None
    options = [option for option in get_args(kind) if option is not type(None)]
    if len(options) == 1:
        return decode(options[0], raw, where)
    for option in options:
        try:
            return decode(option, raw, where)
        except FactsError:
            continue
    raise FactsError(f"{where}: {raw!r} は書けません")


def _tuple(kind, raw, where):
    if not isinstance(raw, list | tuple):
        raise FactsError(f"{where}: 並びを書いてください")
    inner = get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(decode(inner[0], item, f"{where}[{place}]") for place, item in enumerate(raw))
    if len(inner) != len(raw):
        raise FactsError(f"{where}: {len(inner)} 個書いてください")
    return tuple(decode(k, item, f"{where}[{n}]") for n, (k, item) in enumerate(zip(inner, raw, strict=True)))


def _record(kind, raw, where):
    if not isinstance(raw, dict):
        raise FactsError(f"{where}: 項目の組を書いてください({' '.join(kind._fields)})")
    unknown = set(raw) - set(kind._fields)
    if unknown:
        raise FactsError(
            f"{where}: 知らない項目 {' '.join(map(str, unknown))}。書けるのは {' '.join(kind._fields)}"
        )
    lacking = set(kind._fields) - set(kind._field_defaults) - set(raw)
    if lacking:
        raise FactsError(f"{where}: {' '.join(sorted(lacking))} がありません")
    hints = get_type_hints(kind)
    return kind(**{name: decode(hints[name], item, f"{where}.{name}") for name, item in raw.items()})


def _date(raw, where):
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(raw)
    except (TypeError, ValueError) as error:
        raise FactsError(f"{where}: 日付は 2026-04-01 の形で書いてください") from error


def encode(value: Any) -> Any:
    """規則の値や事実を JSON にできる形に。期間は [from, to]、割合は文字、日付は ISO 8601。"""
    if hasattr(value, "_fields"):
        return {name: encode(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return str(value)
    return value


def schema(kind: Any) -> dict[str, Any]:
    """型の JSON schema。"""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema(option) for option in get_args(kind)]}
    if origin is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return {"type": "array", "items": schema(inner[0])}
        return {"type": "array", "prefixItems": [schema(option) for option in inner]}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        return {
            "type": "object",
            "description": (kind.__doc__ or "").split("\n")[0],
            "properties": {name: schema(hints[name]) for name in kind._fields},
            "required": [name for name in kind._fields if name not in kind._field_defaults],
            "additionalProperties": False,
        }
    simple = {date: {"type": "string", "format": "date"}, int: {"type": "integer"}, str: {"type": "string"}}
    return simple.get(kind) or {bool: {"type": "boolean"}, type(None): {"type": "null"}}.get(kind, {})
