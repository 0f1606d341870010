"""The template of the letter. Its words are those of a change letter (premium/letters.py) without a stage."""

from pathlib import Path

LETTER = "provisional_change"
TEMPLATE = Path(__file__).parent / "change.typ"
PAGES = 2
