"""規則の登録簿。規則は普通の関数で、事実一つと値一つを受け取る。

@rule("premium.stage", facts=StageFacts, article="令38条・39条")
def stage(facts: StageFacts, values: Values) -> Finding[int] | Unclear: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Rule(NamedTuple):
    """登録された規則。facts は凍結した dataclass または NamedTuple の型。"""

    id: str
    facts: type
    article: str
    judge: Callable[..., Any]


_RULES: dict[str, Rule] = {}


def rule(rule_id: str, *, facts: type, article: str) -> Callable[[F], F]:
    """関数を規則として登録する。関数そのものは変えない（呼出しに費用を足さない）。"""

    def register(function: F) -> F:
        if rule_id in _RULES:
            raise ValueError(f"規則 {rule_id} は二度登録された")
        _RULES[rule_id] = Rule(rule_id, facts, article, function)
        return function

    return register


def rules() -> dict[str, Rule]:
    """すべての規則。id の順。"""
    from kaigo.law import catalogue  # noqa: F401  規則のある module をすべて読み込む

    return dict(sorted(_RULES.items()))
