"""Printing: dataclass -> JSON -> Typst -> PDF. Pure Python, knows no law and no database."""
