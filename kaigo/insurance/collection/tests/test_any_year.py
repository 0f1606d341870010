"""Any sequence of events over a year keeps the levy equal to the assessment. The seed is printed."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest

from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read
from kaigo.insurance.collection.decide import change_way, plan_all
from kaigo.insurance.collection.models import DeductionRequest
from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    lose,
    mandate,
    on,
    person,
    target,
    welfare,
)
from kaigo.insurance.qualification.models import Qualification

pytestmark = pytest.mark.django_db
PEOPLE, STEPS = 25, 8
FIRST, LAST = date(YEAR, 4, 1), date(YEAR + 1, 3, 31)


def newest(who):
    found = rows(
        "SELECT a.id FROM premium_assessment a WHERE a.person_id = %(person)s AND NOT EXISTS "
        "(SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id)",
        {"person": who},
    )
    return found[0][0] if found else None


def begin(chance):
    """A person of any kind on 1 April."""
    who = person()
    insured(who)
    if chance.random() < 0.6:
        yen = chance.randrange(100, 20_000, 100)
        february(who, yen)
        assess(on(FIRST), who, 3 * yen, "provisional")
    elif chance.random() < 0.5:
        target(who, month=chance.choice((4, 4, 6, 8)))
    if chance.random() < 0.3:
        mandate(who, FIRST + timedelta(days=chance.randrange(200)))
    return who


def revise(chance, who, day):
    sort = "main" if day < date(YEAR, 7, 15) else "revision"
    assess(on(day), who, chance.choice((0, chance.randrange(0, 200_000, 10))), sort, newest(who))


def happen(chance, who, day):
    """Something happens to somebody."""
    event = chance.random()
    if event < 0.6:
        revise(chance, who, day)
    elif event < 0.7 and Qualification.objects.filter(person_id=who).count() == 1:
        lose(who, day, chance.choice(("51", "52")))
        revise(chance, who, day)
    elif event < 0.8:
        change_way(on(day), INSURER, YEAR, who, chance.choice(("slip", "auto", "substitute")), day)
    elif event < 0.9:
        welfare(who, day, chance.choice((None, day + timedelta(days=chance.randrange(1, 120)))))


def ask(people, day, code):
    """The yearly request, or the stops, of those who are in it; some are left out."""
    for who in people:
        held = read.plan(on(day), who, YEAR)
        yen = {i.number: i.yen for i in read.instalments(on(day), held.id) if i.way == "deduction"}
        main = [yen.get(month, 0) for month in (10, 12, 14)]
        if (code == "01" and any(main)) or (code == "41" and held.request == "stop"):
            DeductionRequest.objects.create(
                person_id=who, fiscal_year=YEAR, code=code, kind="01", payer="001", plan_id=held.id, target=None,
                yen1=main[0], yen2=main[1], yen3=main[2], file=1,
            )  # fmt: skip


def test_any_year_keeps_levy_equal_to_assessment():
    seed = int(os.environ.get("KAIGO_SEED", random.SystemRandom().randrange(1_000_000)))
    print(f"KAIGO_SEED={seed}")
    chance = random.Random(seed)
    people = [begin(chance) for _ in range(PEOPLE)]
    plan_all(on(FIRST), INSURER, YEAR)
    days = sorted(FIRST + timedelta(days=chance.randrange(60, 364)) for _ in range(STEPS))
    main = date(YEAR, 7, 1)
    asked = date(YEAR, 7, 28)
    for day in sorted([*days, main, asked]):
        if day == main:
            for who in people:
                revise(chance, who, day)
        elif day == asked:
            ask([who for who in people if chance.random() < 0.9], day, "01")
        else:
            for who in chance.sample(people, PEOPLE // 2):
                happen(chance, who, day)
        plan_all(on(day), INSURER, YEAR)
        differences = read.invariant(on(day), YEAR)
        assert differences == [], f"KAIGO_SEED={seed} {day} {differences[:3]}"
        # Planning again on the same day finds nothing to do.
        assert plan_all(on(day), INSURER, YEAR)["plans"] == 0, f"KAIGO_SEED={seed} {day}"
        if day > asked and chance.random() < 0.3:
            ask([who for who in people if chance.random() < 0.5], day, "41")
    minus = rows("SELECT count(*) FROM collection_instalment WHERE yen <= 0", {})
    assert minus == [(0,)]
