"""規則と値の名前を登録する module をすべて読み込む。新しい規則の module はここに一行足す。"""

from kaigo.law import household, income, premium, premium_table  # noqa: F401
