"""docs/audit-events.md: what the record of accesses holds, written from events.py."""

from __future__ import annotations

from kaigo.base.audit.events import COMMON, EVENTS, FIELDS, WHYS

_HEAD = """# アクセス記録の出来事

`kaigo audit events` が kaigo/base/audit/events.py から書く。手で直さない(checks/test_audit_events.py が比べる)。

見ること、行うこと、断られたことは、どれも一つの出来事として、対象と同じトランザクションで残る。氏名・番号・住所は入らない。
対象者は鍵付きの要約(鍵 subjects)として、200人までは一行ずつ(audit_subject)、それより多いときは束ねて(audit_bulk_subjects)残る。
行は書き換えられず、消せるのは保存期間の仕事だけである。
"""


def markdown() -> str:
    """The whole document."""
    parts = [_HEAD, "## どの出来事にもある項目\n", "| 項目 | 意味 |", "|---|---|"]
    parts += [f"| `{name}` | {meaning} |" for name, meaning in FIELDS.items()]
    parts += ["", "## どの出来事にもありうる細目\n", "| 細目 | 意味 |", "|---|---|"]
    parts += [f"| `{name}` | {meaning} |" for name, meaning in COMMON.items()]
    parts += ["", "## 断った理由(`why`)\n", "| 符号 | 意味 |", "|---|---|"]
    parts += [f"| `{code}` | {words} |" for code, words in sorted(WHYS.items())]
    parts += ["", "## 出来事\n", "| 出来事 | 名前 | いつ | 細目 |", "|---|---|---|---|"]
    for name, kind in sorted(EVENTS.items()):
        told = "、".join(f"`{key}` {meaning}" for key, meaning in kind.details.items())
        parts.append(f"| `{name}` | {kind.label} | {kind.when} | {told} |")
    return "\n".join(parts) + "\n"
