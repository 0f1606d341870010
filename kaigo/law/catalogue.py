"""規則と値の名前を登録する module をすべて読み込む。kaigo/law に置けば登録される(ここに書き足すものはない)。

双子(twin)は規則ではなく別の計算なので読まない。重い package を規則だけの仕事に持ち込まないためでもある。
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

_APART = ("tests", "cli", "cases", "catalogue", "twin")

for _found in sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])):
    if not _found.startswith(_APART):
        importlib.import_module(f"kaigo.law.{_found}")
