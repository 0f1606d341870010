"""指定都市: their wards have codes of their own, the insurer (and the municipal tax) is the city's."""

from __future__ import annotations

CITIES = (
    "01100", "04100", "11100", "12100", "14100", "14130", "14150", "15100", "22100", "22130", "23100", "26100", "27100",
    "27140", "28100", "33100", "34100", "40100", "40130", "43100",
)  # fmt: skip
# 大阪市 has the ward farthest from its city's code (27128).
_WARDS = 30


def city_of_ward(body: str) -> str | None:
    """The five digits of the city that a ward's five digits belong to, None = no ward. 11103 → 11100."""
    city = max((code for code in CITIES if code < body), default="")
    return city if city and int(body) - int(city) < _WARDS else None
