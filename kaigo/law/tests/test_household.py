"""調査などの済まない人: 本人としてと世帯員としてでは、条例の扱いが違ってよい。"""

from datetime import date

from kaigo.law.household import Interim, tax_view, taxed
from kaigo.law.premium import base_stage
from kaigo.law.premium_facts import PersonTax
from kaigo.law.premium_table import table
from kaigo.law.values import load

INQUIRING = PersonTax("inquiring")


def rows():
    """世帯員のときだけ課税とみる、ある保険者の表。"""
    found = load().values("131997", date(2026, 4, 1)).view(table)
    interim = {"inquiring": Interim("untaxed", "taxed", None, None, True)}
    return found._replace(tax=found.tax._replace(interim=found.tax.interim | interim))


def test_a_pending_person_is_seen_as_the_ordinance_says_of_persons_and_of_members():
    view = rows().tax
    assert taxed(INQUIRING, view, member=False) == (False, True)
    assert taxed(INQUIRING, view, member=True) == (True, True)
    assert tax_view(load().values("131997", date(2026, 4, 1))).interim["inquiring"].member == "untaxed"


def test_a_household_taxed_by_an_interim_view_makes_the_stage_interim():
    known = base_stage(PersonTax("untaxed"), (PersonTax("taxed"),), rows())
    seen = base_stage(PersonTax("untaxed"), (INQUIRING,), rows())
    assert (known.stage, known.household_taxed, known.interim) == (seen.stage, True, False)
    assert (seen.household_taxed, seen.interim) == (True, True)
    assert base_stage(INQUIRING, (), rows()).interim
