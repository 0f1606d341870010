"""What a log line may say of an error: which kind, and where in the program; never its words.

The words of an error often repeat what somebody typed or what a file said: names, dates, numbers of people.
"""

from __future__ import annotations

import logging
import traceback


class Wordless(logging.Formatter):
    """Like the usual formatter, with the kinds and places of an error and its causes instead of its text."""

    def formatException(self, ei) -> str:
        lines = []
        error = ei[1]
        while error is not None:
            lines.append(f"{type(error).__module__}.{type(error).__qualname__}")
            lines += [
                f"  {place.filename}:{place.lineno} {place.name}"
                for place in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)
