"""Pages of access, in the order of the column."""

from __future__ import annotations

from kaigo.base.desk.nav import Nav
from kaigo.personnel.access import read, screens_accounts, screens_applications, screens_mine

nav = (
    Nav("自分の権限", "/access/mine/", "staff.self"),
    Nav("申請", "/access/applications/", "staff.view", waiting=read.waiting),
    Nav("アカウント", "/access/accounts/", "staff.view"),
)
urls = [*screens_mine.urls, *screens_applications.urls, *screens_accounts.urls]
