"""YAML を読む。YAML 1.1 では on や no が真偽になるので、真偽は true と false だけにする。同じ鍵が二つあれば誤り。

整数は先頭に 0 の付かない十進だけである。064017 や 01 のような符号は、八進数ではなく文字のまま読む。小数は読まない: 0.285 は文字の
ままで、率として使うところが分数にする。
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_BOOL, _INT = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int"
_REPLACED = (_BOOL, _INT, "tag:yaml.org,2002:float")


class Loader(yaml.SafeLoader):
    """true・false だけを真偽、十進だけを整数と読む SafeLoader。"""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver(_INT, re.compile(r"^(?:0|-?[1-9][0-9_]*)$"), list("-0123456789"))


def _mapping(loader: Loader, node: yaml.MappingNode, deep: bool = False) -> dict:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise yaml.constructor.ConstructorError(
                None, None, f"鍵 {key} が二つある", node.value[place][0].start_mark
            )
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: _mapping(loader, node, deep=True))


def load(text: str) -> Any:
    """文字から。"""
    return yaml.load(text, Loader=Loader)


def compose(text: str) -> yaml.Node | None:
    """行番号を知るための木。"""
    return yaml.compose(text, Loader=Loader)
