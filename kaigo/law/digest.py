"""条文室の版。規則の Python と値のファイルの sha256。決定はこの版とともに残る。"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=1)
def _code() -> str:
    total = hashlib.sha256()
    for path in sorted(p for p in HERE.rglob("*.py") if "tests" not in p.parts):
        total.update(str(path.relative_to(HERE)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def law_version(values_digest: str) -> str:
    """規則と値を合わせた版(64桁)。"""
    return hashlib.sha256(f"{_code()}{values_digest}".encode()).hexdigest()
