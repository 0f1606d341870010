"""What a log line may say: when, which logger, which sentence of the program, and of an error which kinds and where.

Never the words of an error or what somebody typed: names, dates, numbers of people. One line of JSON per record, in ASCII
and with these keys alone, so that nothing that comes in from outside can look like another record.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

# Loggers whose values are our own: names of classes and jobs.
OWN = "kaigo"


class Wordless(logging.Formatter):
    """time, level, logger, message, place, and if there are any: status, error."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.sentence(record),
            "place": f"{record.module}:{record.lineno}",
        }
        status = getattr(record, "status_code", None)
        if isinstance(status, int):
            told["status"] = status
        if record.exc_info and record.exc_info[1]:
            told["error"] = self.formatException(record.exc_info).split("\n")
        return json.dumps(told)

    def sentence(self, record: logging.LogRecord) -> str:
        """The program's own sentence; of other programs as it stands in their source, without what they put into it:
        addresses and headers, as somebody typed them. What they made up whole is left out."""
        if record.name.partition(".")[0] == OWN:
            return record.getMessage()
        return str(record.msg) if record.args else ""

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
