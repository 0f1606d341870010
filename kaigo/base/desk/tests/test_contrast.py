"""Contrast of the desk's colours (WCAG 2.2, 1.4.3 and 1.4.11), computed from the style sheet itself."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[1] / "static/desk/desk.css").read_text()
COLOURS = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", CSS))
TEXT = [
    ("gray-900", "white"), ("gray-900", "sunk"), ("gray-900", "blue-50"), ("gray-900", "yellow-50"), ("gray-900", "yellow-100"),
    ("gray-900", "red-50"), ("gray-900", "green-50"), ("gray-600", "white"), ("gray-600", "sunk"), ("gray-700", "blue-50"),
    ("gray-700", "gray-50"), ("gray-800", "yellow-100"), ("blue-900", "white"), ("blue-900", "sunk"), ("blue-900", "yellow-50"),
    ("blue-900", "yellow-100"), ("blue-900", "red-50"), ("blue-900", "blue-50"), ("blue-1000", "blue-100"), ("blue-1200", "yellow-300"),
    ("white", "blue-900"), ("white", "gray-700"), ("white", "red-900"), ("red-1000", "red-50"), ("red-1000", "white"),
    ("red-1000", "sunk"), ("red-1000", "yellow-100"), ("green-900", "green-50"), ("yellow-1100", "yellow-50"), ("blue-1000", "blue-50"),
    ("white", "light-blue-1100"), ("white", "gray-800"), ("white", "purple-1100"), ("white", "cyan-1100"), ("white", "green-1000"),
    ("gray-900", "blue-200"), ("gray-900", "gray-200"), ("gray-900", "yellow-300"),
]  # fmt: skip
# Borders of fields and signs, bars of charts, the focus ring: 3:1 against what they lie on.
SIGNS = [
    ("gray-600", "white"), ("gray-600", "sunk"), ("blue-600", "white"), ("green-600", "white"), ("red-900", "white"),
    ("black", "white"), ("black", "yellow-300"), ("green-800", "white"), ("gray-536", "white"),
]  # fmt: skip


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [Fraction(int(digits[i : i + 2], 16), 255) for i in (0, 2, 4)]
    red, green, blue = (
        float(p) / 12.92 if p <= Fraction(4045, 100000) else ((float(p) + 0.055) / 1.055) ** 2.4
        for p in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(COLOURS[one]), luminance(COLOURS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink, ground):
    assert contrast(ink, ground) >= 4.5


@pytest.mark.parametrize(("ink", "ground"), SIGNS)
def test_signs_can_be_seen(ink, ground):
    assert contrast(ink, ground) >= 3


def test_every_colour_that_is_used_is_named():
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    named = set(re.findall(r"--([\w-]+):", CSS))
    assert used <= named
