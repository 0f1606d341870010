"""People of the staff system for tests of this one, which may only read it: written as its owner, with real sessions."""

from __future__ import annotations

from datetime import date

import psycopg
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from kaigo.base.staff.who import COOKIE, token_hash

APRIL = date(2026, 4, 1)
CARE = "介護保険課"


class Office:
    """accounts, members: login → id."""

    def __init__(self, cluster) -> None:
        self.admin = psycopg.connect(cluster.dsn(connections["staff"].settings_dict["NAME"]), autocommit=True)
        # Applications and rulings of the grants are another system's concern.
        self.admin.execute("SET session_replication_role = replica")
        self.accounts: dict[str, int] = {}
        self.members: dict[str, int] = {}

    def hire(self, login: str, role: str, kind: str = "staff", contract: str = "", member: int = 0) -> None:
        """Somebody with a post, an account and a role; member: another account of that one."""
        if not member:
            member = self.one("INSERT INTO staff_member (staff_number) VALUES (%s)", login)
            self.one(
                "INSERT INTO staff_member_profile (member_id, name, kana, employment, effective, source) "
                "VALUES (%s, %s, '', 'staff', daterange(%s, NULL), 'test:1')", member, f"試験 {login}", APRIL,
            )  # fmt: skip
            self.one(
                "INSERT INTO staff_post (member_id, section, title, contract, effective, source) "
                "VALUES (%s, %s, '係員', %s, daterange(%s, NULL), 'test:1')", member, CARE, contract, APRIL,
            )  # fmt: skip
        account = self.one(
            "INSERT INTO staff_account (login, member_id, kind, open_from) VALUES (%s, %s, %s, %s)",
            login, member, kind, APRIL,
        )  # fmt: skip
        self.one(
            "INSERT INTO staff_grant (account_id, role, section, given_from, ruling_id) VALUES (%s, %s, %s, %s, %s)",
            account, role, CARE, APRIL, account,
        )  # fmt: skip
        self.accounts[login], self.members[login] = account, member
        session = self.one(
            "INSERT INTO staff_session (token_hash, account_id, method, begun_at, proved_at, ends_at) "
            "VALUES (%s, %s, 'passkey', now(), now(), now() + interval '12 hours')", token_hash(login), account,
        )  # fmt: skip
        self.admin.execute("INSERT INTO staff_session_seen (id) VALUES (%s)", [session])

    def one(self, query: str, *values) -> int:
        return self.admin.execute(f"{query} RETURNING id", values).fetchone()[0]

    def do(self, query: str, *values) -> None:
        self.admin.execute(query, values)

    def ask(self, login: str, address: str, data: dict | None = None, **how) -> HttpResponse:
        """A page as a browser with this person's cookie asks for it. data: POST with it."""
        client = Client()
        client.cookies[COOKIE] = login
        return client.get(address) if data is None else client.post(address, data, **how)

    def close(self) -> None:
        self.admin.close()
