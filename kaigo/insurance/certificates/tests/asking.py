"""Where rooms found it before every room could (base/desk/tests/asking.py)."""

from kaigo.base.desk.tests.asking import ask, text

__all__ = ["ask", "text"]
