"""Totals that whoever loads the files must find, counted from the world itself."""

from __future__ import annotations

from world.town import days
from world.town.ward import Ward


def counts(ward: Ward, on: int) -> dict[str, int]:
    """What the files delivered until now say about the day `on`."""
    day = days.text(on)
    residents = [person for person in ward.residents() if person.became_on <= on]
    exceptions = ward.small.get("ward.address_exception", {}).values()
    ours = {v[0] for v in exceptions if v[1] == "1" and v[4] <= day and (not v[5] or v[5] > day)}
    theirs = {v[0] for v in exceptions if v[1] == "2" and v[4] <= day and (not v[5] or v[5] > day)}
    kinds = {f.number: f.exclusion_kind for f in ward.facilities.all()}
    excluded = {
        v[0]
        for v in ward.small.get("ward.facility_stay", {}).values()
        if kinds[v[1]] and v[2] < day and (not v[3] or v[3] > day)
    }
    old = [person for person in residents if days.attained(person.birth, 65) <= on]
    welfare = {
        v[0] for v in ward.small.get("ward.welfare", {}).values() if v[5] <= day and (not v[6] or v[6] > day)
    }
    outside = theirs | excluded
    guests = [p for p in (*ward.guests, *ward.gone) if p.number in ours and p.state != "3"]
    return {
        "register_lines": sum(1 for _ in ward.known()),
        "residents": len(residents),
        "households": len({person.home.number for person in residents}),
        "foreign": sum("nationality" in person.extra for person in residents),
        "protected": sum("protection" in person.extra for person in residents),
        "aged_65": len(old),
        "insured": sum(p.number not in outside for p in old)
        + sum(days.attained(p.birth, 65) <= on for p in guests),
        "own_exceptions": len(ours),
        "other_exceptions": len(theirs),
        "excluded": len(excluded),
        "public_assistance": len(welfare),
    }
