"""A refusal that a person reads: what, why, what to do. Raised by decisions, shown by screens and commands."""

from __future__ import annotations


class Refused(Exception):
    """The act is not allowed or not possible now; the text is Japanese and complete."""
