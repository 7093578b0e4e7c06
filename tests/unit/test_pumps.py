"""The text of what a course was bound to: a patient and, where the hospital's own Device is the pump, that."""

from __future__ import annotations

import pytest

from bridge.pumps import parted


@pytest.mark.parametrize(
    ("text", "patient", "pump"),
    [
        ("Patient/1", "Patient/1", ""),
        ("Patient/1 Device/a.b-2", "Patient/1", "Device/a.b-2"),
        ("https://hospital.invalid/mrn|00 48 Device/7", "https://hospital.invalid/mrn|00 48", "Device/7"),
        ("https://hospital.invalid/mrn|00 48", "https://hospital.invalid/mrn|00 48", ""),
        ("", "", ""),
    ],
)
def test_the_pump_stands_behind_the_patient(text: str, patient: str, pump: str) -> None:
    assert parted(text) == (patient, pump)
