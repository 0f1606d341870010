"""Pages of access, in the order of the column."""

from __future__ import annotations

from kaigo.base.desk.nav import Nav
from kaigo.base.misuse import read as misuse
from kaigo.personnel.access import (
    badges,
    screens_accounts,
    screens_applications,
    screens_enrolments,
    screens_listed,
    screens_mine,
    screens_review,
    screens_table,
)

nav = (
    Nav("自分の権限", "/access/mine/", "staff.self"),
    Nav("申請", "/access/applications/", "staff.view", waiting_for=badges.applications),
    Nav("鍵の登録券", "/access/enrolments/", "staff.view", waiting_for=badges.words),
    Nav("アカウント", "/access/accounts/", "staff.view"),
    Nav("権限表", "/access/table/", "staff.view"),
    Nav("棚卸し", "/access/review/", "staff.review", waiting_for=badges.sections),
    Nav("緊急閲覧", "/access/emergencies/", "staff.review", waiting_for=badges.emergencies),
    Nav("注意を要する人", "/access/listed/", "misuse.confirm", waiting_for=misuse.watched_waiting),
)
urls = [
    *screens_mine.urls,
    *screens_applications.urls,
    *screens_enrolments.urls,
    *screens_accounts.urls,
    *screens_table.urls,
    *screens_review.urls,
    *screens_listed.urls,
]
