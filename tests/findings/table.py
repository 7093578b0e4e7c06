"""The catalogue as its page shows it. `python -m tests.findings.table` writes it there anew."""

from __future__ import annotations

from pathlib import Path

from bridge.terms.findings import catalogue

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "findings.md"
HEAD = ("| Code | Audience | Severity | Words |", "|---|---|---|---|")


def rows() -> list[str]:
    """The rows of the table, in the order of the catalogue."""
    return [f"| `{one.code}` | {one.audience} | {one.severity} | {one.display} |" for one in catalogue().values()]


def main() -> None:
    """Put the table in the place of the one that is there."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("\n".join(HEAD) + "\n")
    _, _, after = rest.partition("\n\n")
    PAGE.write_text(before + "\n".join([*HEAD, *rows()]) + "\n\n" + after, encoding="utf-8")


if __name__ == "__main__":
    main()
