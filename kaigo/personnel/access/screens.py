"""Pages of access, in the order of the column."""

from __future__ import annotations

from kaigo.base.desk.nav import Nav
from kaigo.personnel.access import screens_mine

nav = (Nav("自分の権限", "/access/mine/", "staff.self"),)
urls = [*screens_mine.urls]
