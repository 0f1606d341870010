"""Totals that whoever loads the files must find, counted from the world itself."""

from __future__ import annotations

from world.town import days
from world.town.records import Person
from world.town.ward import Ward


def counts(ward: Ward, on: int) -> dict[str, int]:
    """What the files delivered until now say about the day `on`."""
    day = days.text(on)
    residents = [person for person in ward.residents() if person.became_on <= on]
    exceptions = ward.small.get("ward.address_exception", {}).values()
    ours = {v[0] for v in exceptions if v[1] == "1" and v[4] <= day and (not v[5] or v[5] > day)}
    theirs = {v[0] for v in exceptions if v[1] == "2" and v[4] <= day and (not v[5] or v[5] > day)}
    kinds = {f.number: f.exclusion_kind for f in ward.facilities.all()}
    # Whoever left for a registered home is insured until somebody has looked into it (住所地特例).
    homes = {facility.address for facility in ward.facilities.targets}
    excluded = {
        v[0]
        for v in ward.small.get("ward.facility_stay", {}).values()
        if kinds[v[1]] and v[2] < day and (not v[3] or v[3] > day)
    }
    old = [person for person in residents if days.is_attained(person.birth, 65, on)]
    insured = {
        p.number for p in old if "birth_text" not in p.extra and int(p.extra.get("move_planned_on", on)) >= on
    }
    insured |= {
        p.number
        for p in ward.gone
        if _still(p, on) or (p.extra.get("to_address") in homes and p.state == "2")
    }
    insured -= theirs | excluded
    insured |= {p.number for p in (*ward.guests, *ward.gone) if p.number in ours and p.state != "3"}
    welfare = {
        v[0] for v in ward.small.get("ward.welfare", {}).values() if v[5] <= day and (not v[6] or v[6] > day)
    }
    return {
        "register_lines": sum(1 for _ in ward.known()),
        "residents": len(residents),
        "households": len({person.home.number for person in residents}),
        "foreign": sum("nationality" in person.extra for person in residents),
        "protected": sum("protection" in person.extra for person in residents),
        "aged_65": len(old),
        "insured": len(insured),
        "own_exceptions": len(ours),
        "other_exceptions": len(theirs),
        "excluded": len(excluded),
        "public_assistance": len(welfare),
    }


def _still(person: Person, on: int) -> bool:
    """Insured until the day after he died or left; until the day itself when registered elsewhere the same day."""
    if person.became_on > on or not days.is_attained(person.birth, 65, on) or person.event_on < on:
        return False
    return person.event_on > on or person.extra.get("taken_on", 0) != person.event_on
