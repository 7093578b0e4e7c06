"""Messages of hospital pumps that are refused: code and place of each, and what can still be said of the pump."""

from __future__ import annotations

import pytest

from adapters.hl7v2_pcd import ADAPTER
from bridge.errors import ExportError
from tests.adapters.hl7_messages import (
    PATIENT,
    START,
    STOP,
    Rows,
    batch,
    continuous,
    framed,
    message,
    msh,
    obr,
    pump,
)


def refused(content: bytes) -> ExportError:
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(content)
    assert caught.value.where
    assert caught.value.remedy
    return caught.value


def replaced(old: str, new: str) -> bytes:
    content = continuous().decode()
    assert old in content, old
    return content.replace(old, new, 1).encode()


PID = PATIENT + "\r"
BAD = [
    (replaced("ORU^R01^ORU_R01", "RGV^O15^RGV_O15"), "message-type-unsupported", "MSH[1]-9.1"),
    (replaced("ORU^R01^ORU_R01", "ORU^R32^ORU_R32"), "message-event-unsupported", "MSH[1]-9.2"),
    (replaced("|D|2.6|", "|D|3.0|"), "version-unsupported", "MSH[1]-12"),
    (replaced("|D|2.6|", "|Q|2.6|"), "processing-unsupported", "MSH[1]-11.1"),
    (replaced("|INV-000001|", "||"), "segment-missing", "MSH[1]-10"),
    (replaced(PID, ""), "segment-missing", "MSH[1]"),
    (replaced(PID, PID * 2), "patients-several", "PID[2]"),
    (replaced(PID, PID + PID.replace("0048213", "0051377")), "patients-several", "PID[2]"),
    (replaced("0048213^^^MRN^MR", "0048213^^^MRN^MR~0051377^^^MRN^MR"), "patients-several", "PID[1]-3"),
    (replaced("OBR|1", "ZZZ|1"), "segment-order", "OBX[1]"),
    (continuous().replace(PID.encode(), b"") + PID.encode(), "segment-order", "PID[1]"),
    (message(msh(), PATIENT, obr()), "segment-missing", "MSH[1]"),
    (replaced("|20260302101500+0000", "|"), "session-start-missing", "OBR[1]-7"),
    (replaced("|20260302101500+0000", "|2026"), "date-unreadable", "OBR[1]-7"),
    (replaced("|20260302101500+0000", "|20260230101500"), "date-impossible", "OBR[1]-7"),
    (replaced("|20260302101500+0000", "|2026030210"), "date-unreadable", "OBR[1]-7"),
    (replaced("|12.50|", "|12,50|"), "number-unreadable", "OBX[15]-5.1"),
    (replaced("|12.50|", "|1e1|"), "number-unreadable", "OBX[15]-5.1"),
    (replaced("|12.50|", "|-12.50|"), "value-negative", "OBX[15]-5.1"),
    (replaced("|12.50|", "|12.50~13.50|"), "field-repeated", "OBX[15]-5"),
    (replaced("|12.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", "|12.50|"), "unit-missing", "OBX[15]-6"),
    (replaced("|12.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", "|12.50|kg^kg^UCUM"), "unit-dimension", "OBX[15]-6"),
    (replaced("|12.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", "|12.50|gtt^gtt^UCUM"), "unit-unknown", "OBX[15]-6"),
    (replaced("|12.50|263762^MDC_DIM_MILLI_L^MDC^mL^mL^UCUM", "|12.50|263762^MDC_DIM_MILLI_L^MDC^L/d^x^UCUM"),
     "term-contradicts", "OBX[15]-6"),
    (replaced("^MDC^ug/kg/min^ug/kg/min^UCUM", "^MDC"), "unit-unknown", "OBX[12]-6"),
    (replaced("265619^MDC_DIM_MICRO_G_PER_KG_PER_MIN^MDC^ug/kg/min^ug/kg/min^UCUM", "264819^^MDC"), "unit-unknown",
     "OBX[12]-6"),
    (replaced("157784^MDC_FLOW_FLUID_PUMP^", "157985^MDC_FLOW_FLUID_PUMP^"), "term-contradicts", "OBX[10]-3"),
    (replaced("157884^MDC_VOL_FLUID_TBI^", "157872^MDC_VOL_FLUID_TBI^"), "term-contradicts", "OBX[13]-3"),
    (replaced("|157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC|1.1.2.8", "|157872^MDC_VOL_FLUID_TBI_REMAIN^MDC|1.1.2.7"),
     "field-repeated", "OBX[15]-3"),
    (replaced("67880^MDC_ATTR_ID_MODEL", "0^MDCX_MODEL"), "pump-identity-missing", "OBX[2]"),
    (message(msh(), PATIENT, obr(), *pump(Rows()).rows), "nothing-stated", "MSH[1]"),
    (replaced("UCUM|||||R", "UCUM|||||D"), "message-takes-back", "OBX[6]-11"),
    (replaced("LV70001^^0011220000AB0001^EUI-64", ""), "pump-identity-missing", "OBX[2]"),
    (replaced("|Primary|", "|" + "x" * 2001 + "|"), "text-too-long", "OBX[8]-5.1"),
    (batch(START, STOP, count=1), "batch-count-wrong", "BTS[1]-1"),
    (batch(START, STOP.replace(b"|5.25|", b"|5,25|")), "number-unreadable", "message 2, OBX[15]-5.1"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "code", "where"), BAD, ids=[f"{n}-{row[1]}" for n, row in enumerate(BAD)])
def test_what_is_refused(content: bytes, code: str, where: str) -> None:
    error = refused(content)
    assert (error.code, error.where) == (code, where)
    assert "0048213" not in str(error)


def test_a_doubled_row_is_refused_and_a_missing_one_is_absent() -> None:
    lines = continuous().decode().split("\r")
    volume = next(line for line in lines if "157993" in line)
    assert refused("\r".join([*lines[:-1], volume, ""]).encode()).code == "field-repeated"
    lines.remove(volume)
    (found,) = ADAPTER.read("\r".join(lines).encode())
    assert found.channel.infusion is not None
    assert found.channel.infusion.sources[0].volume_delivered_total is None


def test_a_hint_names_the_pump_of_a_whole_message_that_is_refused() -> None:
    hint = ADAPTER.hint(replaced("|12.50|", "|12,50|"))
    assert hint is not None
    assert hint.pump is not None
    assert (hint.pump.serial, str(hint.local)) == ("LV70001", "2026-03-02 10:15:00")
    assert ADAPTER.hint(framed(continuous())[:-40]) is None
