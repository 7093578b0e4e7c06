"""Each test of findings: what its courses say is what was kept."""

from tests.course.said import every_finding_is_kept

__all__ = ["every_finding_is_kept"]
