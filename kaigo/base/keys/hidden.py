"""A value that was opened. It shows itself to nobody who does not ask for it by name: no log, page or traceback can."""

from __future__ import annotations

from typing import NoReturn


class Hidden:
    """`.text()` or `.content()` tells it; printed, formatted or compared for order it is ***."""

    __slots__ = ("__content",)

    def __init__(self, content: bytes) -> None:
        self.__content = content

    def content(self) -> bytes:
        return self.__content

    def text(self) -> str:
        return self.__content.decode()

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self.__content == other.__content

    def __hash__(self) -> int:
        return hash(self.__content)

    def __reduce__(self) -> NoReturn:
        raise TypeError("what was opened is not packed again: seal it")
