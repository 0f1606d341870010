"""Staff and a log for tests of the real path: rows of the staff database, events at a chosen time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from django.db import connection, connections
from psycopg.types.range import Range

from kaigo.base.audit.models import Event
from kaigo.base.jobs.run import run
from kaigo.base.keys.index import index
from kaigo.base.misuse.models import AlertReason
from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.marks import MARKS
from kaigo.insurance.qualification.tests.builders import context, fact, lives
from kaigo.insurance.residents.models import AddresseeNumber, Membership, Particulars, Person

CARE, PRIVACY = "介護保険課", "情報公開課"
TOKYO = ZoneInfo("Asia/Tokyo")
WEDNESDAY = date(2026, 7, 15)
THURSDAY = WEDNESDAY + timedelta(days=1)


class Staff:
    """Rows as the staff system would have written them; made by the administrator, so that other systems see them."""

    def __init__(self, cluster) -> None:
        self.dsn = cluster.dsn(connections["staff"].settings_dict["NAME"])

    def _run(self, query: str, values: list) -> list[tuple]:
        with psycopg.connect(self.dsn, autocommit=True) as admin:
            # Rulings, sessions and the like are no matter here.
            admin.execute("SET session_replication_role = replica")
            done = admin.execute(query, values)
            return done.fetchall() if done.description else []

    def member(self, id: int, section: str = CARE, ends: date | None = None, contract: str = "") -> int:
        """A member with a post and two accounts: id × 10 and id × 10 + 1."""
        self._run("INSERT INTO staff_member (id, staff_number) VALUES (%s, %s)", [id, f"N{id}"])
        self._run(
            "INSERT INTO staff_member_profile (member_id, name, kana, employment, effective, source, known) "
            "VALUES (%s, %s, '', 'staff', daterange('2020-04-01', NULL), 'test', tstzrange(now(), NULL))",
            [id, f"試験 {id}"],
        )
        self.post(id, section, ends, contract)
        for account in (id * 10, id * 10 + 1):
            self._run(
                "INSERT INTO staff_account (id, login, member_id, kind, open_from) VALUES (%s, %s, %s, 'staff', '2020-04-01')",
                [account, f"login-{account}", id],
            )
        return id

    def post(self, member: int, section: str, ends: date | None = None, contract: str = "") -> None:
        self._run(
            "INSERT INTO staff_post (member_id, section, title, contract, effective, source, known) "
            "VALUES (%s, %s, '係員', %s, daterange('2020-04-01', %s), 'test', tstzrange(now(), NULL))",
            [member, section, contract, ends],
        )

    def holds(self, member: int, role: str, section: str = CARE, until: date | None = None) -> None:
        self._run(
            "INSERT INTO staff_grant (account_id, role, section, given_from, given_until, ruling_id) "
            "VALUES (%s, %s, %s, '2026-04-01', %s, %s)",
            [member * 10, role, section, until, member],
        )

    def marked(self, member: int, words: str) -> None:
        self._run(
            "INSERT INTO staff_self_mark (member_id, digest) VALUES (%s, %s)",
            [member, index(MARKS).digest(words)],
        )

    def declared(self, member: int, digest: bytes) -> None:
        self._run(
            "INSERT INTO misuse_declaration (member, digest, declared_on, actor) VALUES (%s, %s, '2026-07-01', 'test')",
            [member, digest],
        )

    def took_back(self, member: int, on: date) -> None:
        """Every declaration of his."""
        self._run(
            "INSERT INTO misuse_declaration_end (declaration_id, ended_on, actor) "
            "SELECT id, %s, 'test' FROM misuse_declaration WHERE member = %s",
            [on, member],
        )

    def listed(self, words: bytes) -> int:
        query = "INSERT INTO misuse_watched (digest, reason, entered_by, actor, entered_on) VALUES (%s, %s, 4, 'x', %s) RETURNING id"
        return self._run(query, [words, "議員であるため、注意を要する", WEDNESDAY])[0][0]

    def confirmed(self, watched: int) -> None:
        self._run(
            "INSERT INTO misuse_watched_confirmation (watched_id, entered_by, confirmed_by, actor, confirmed_on) "
            "VALUES (%s, 4, 3, 'x', %s)",
            [watched, WEDNESDAY],
        )

    def taken_off(self, watched: int, on: date) -> None:
        query = "INSERT INTO misuse_watched_end (watched_id, ended_on, actor) VALUES (%s, %s, 'test')"
        self._run(query, [watched, on])

    def revoked(self, member: int, on: date, ruled: bool = False) -> None:
        """The end of a permission of his was asked for; ruled: and approved on the day."""
        ((made,),) = self._run(
            "INSERT INTO staff_application (form_number, kind, account_id, member_id, role, section, wanted_from, reason, "
            "requested_by_id, actor, requested_on) VALUES (%s, 'grant_end', %s, %s, '', '', %s, 'x', 1, 'x', %s) RETURNING id",
            [f"F{member}", member * 10, member, on, on],
        )
        if ruled:
            self._run(
                "INSERT INTO staff_ruling (application_id, outcome, requested_by_id, member_id, ruled_by_id, reason, actor, "
                "ruled_on) VALUES (%s, 'approved', 1, %s, 3, '', 'x', %s)",
                [made, member, on],
            )


def event(member: int, people=(), *, at: str = "10:00", day: date = WEDNESDAY, what: str = "page.read", case: str = "",
          unexplained: bool = False, place: str = "insurance:counter.PersonPage", trace: str = "", **more) -> int:  # fmt: skip
    """An event of a moment in Tokyo; opened: these people."""
    hours, minutes, *seconds = (int(part) for part in at.split(":"))
    moment = datetime.combine(day, datetime.min.time(), TOKYO) + timedelta(
        hours=hours, minutes=minutes, seconds=sum(seconds)
    )
    digests = index("subjects").digests(f"person:{person}" for person in people)
    with acting(Context("job:test", "inquiry", day)):
        made = Event.objects.create(
            event=what, outcome="done", actor=f"account:{member * 10}", member=member, purpose="inquiry", case=case,
            unexplained=unexplained, place=place, object="person", subject_key=1, subjects=more.pop("subjects", len(digests)),
            opened=digests, trace=trace or f"t{Event.objects.count()}", details=more,
        )  # fmt: skip
    with psycopg.connect(_admin(), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE audit_event SET created_at = %s WHERE id = %s", [moment, made.id])
    return made.id


def analysed_log() -> None:
    """The log measured, as its owner does: the app role may not, and without it every plan is a guess."""
    with psycopg.connect(_admin(), autocommit=True) as admin:
        admin.execute("ANALYZE audit_event")


_CLUSTER: list = []


def use(cluster) -> None:
    """Where events get their times: nobody but the administrator dates what was written."""
    _CLUSTER[:] = [cluster]


def _admin() -> str:
    return _CLUSTER[0].dsn(connection.settings_dict["NAME"])


def night(day=THURSDAY):
    run(Context("job:misuse.daily", "audit", day), "misuse.daily")


def watch(day=WEDNESDAY):
    return run(Context("job:misuse.watch", "audit", day), "misuse.watch").result


def found() -> set[tuple[int, str]]:
    return set(AlertReason.objects.values_list("alert__member", "rule"))


def somebody(
    name="見本 花子", kana="ミホン ハナコ", birth="1950-05-05", household=None, address="", number=""
) -> int:
    with acting(context("2026-01-01")):
        person = Person.objects.create().id
        whole = Range(date(1900, 1, 1), None)
        believe_rows(Particulars, [fact(Particulars, person_id=person, name=name, kana=kana, birth_date=date.fromisoformat(birth),
                                        sex="2", resident_kind="1", effective=whole)])  # fmt: skip
        if household:
            believe_rows(
                Membership,
                [
                    fact(
                        Membership,
                        person_id=person,
                        household_id=household,
                        relationship="02",
                        effective=whole,
                    )
                ],
            )
        if number:
            AddresseeNumber.objects.create(person_id=person, number=number)
    if address:
        lives(person, "2000-01-01", address=address)
    return person
