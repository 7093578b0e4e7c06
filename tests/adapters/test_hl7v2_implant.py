"""Messages of this bridge's own terms: what is refused, and what of a correction is read."""

from __future__ import annotations

import pytest

from adapters.hl7v2_pcd import ADAPTER
from bridge.course.sessions import placed
from bridge.errors import ExportError
from bridge.interrogation import stated
from bridge.messages.message import INTERROGATION
from tests.course.building import continuous, course, drugs, export, left
from tests.destinations.told import messages, sent


def message(status: str = "F", **changes: object) -> bytes:
    """One interrogation as it is sent."""
    told = export("2025-03-03T10:00+00:00", left("2025-03-03T10:30+00:00", continuous(), drugs=drugs()),
                  end="2025-03-03T10:30+00:00", update="completed")  # fmt: skip
    (found,) = [one for one in messages(course(told)) if one.type == INTERROGATION]
    found.body.update(changes)
    return sent(found, status)


def refused(content: bytes) -> tuple[str, str]:
    """Code and place of the refusal."""
    with pytest.raises(ExportError) as caught:
        ADAPTER.read(content)
    return caught.value.code, caught.value.where


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"state-programme-mode^99PBR", b"state-programme-whim^99PBR", "term-unknown"),
        (b"|1.1.1.5|", b"|here|", "place-unreadable"),
        (b"|1.1.1.5|", b"|1.1|", "place-unreadable"),
        (b"|400.00|265555^MDC_DIM_MICRO_G_PER_DAY^MDC^ug/d^ug/d", b"|400.00|263762^MDC_DIM_MILLI_L^MDC^mL^mL",
         "unit-dimension"),
        (b"|400.00|", b"|4e2|", "number-unreadable"),
        (b"^simple-continuous^", b"^on-a-whim^", "code-unknown"),
        (b"|1.1.1.6|", b"|1.1.1.6|0.300|mL/d^mL/d^UCUM|||||F\rOBX|99|NM|^state-programme-flow^99PBR|1.1.1.6|",
         "field-repeated"),
        (b"^pump-serial^99PBR|1.0.0.15|TX000001", b"^pump-serial^99PBR|1.0.0.15|", "pump-identity-missing"),
    ],
)  # fmt: skip
def test_what_is_refused(old: bytes, new: bytes, code: str) -> None:
    content = message()
    assert content.count(old) == 1
    assert refused(content.replace(old, new))[0] == code


def test_a_whole_message_that_takes_back_is_read_as_what_holds_no_more() -> None:
    (told,), (back,) = ADAPTER.read(message()), ADAPTER.read(message("D"))
    assert told.telling is not None
    assert back.telling is not None
    assert (stated(told.telling.taken_back), stated(back.telling.taken_back)) == (None, True)
    assert stated(told.telling.name) == stated(back.telling.name) != ""
    sent_at = stated(back.telling.sent)
    assert sent_at is not None
    assert (f"{sent_at.local:%H:%M}", sent_at.offset_minutes) == ("15:02", 60)
    assert placed(back, "Europe/London") == placed(told, "Europe/London")
    assert (back.channels, back.pump) == (told.channels, told.pump)


def test_a_message_that_takes_back_a_part_only_is_refused() -> None:
    whole = message("D")
    assert refused(whole.replace(b"|||||D\r", b"|||||F\r", 1))[0] == "message-takes-back"
    assert refused(message().replace(b"|||||F|||", b"|||||D|||", 1))[0] == "message-takes-back"
    assert refused(whole.replace(b"|||||D\r", b"|||||W\r", 1))[0] == "message-takes-back"


def test_what_takes_back_still_names_its_pump_and_time() -> None:
    whole, taken_back = ADAPTER.hint(message()), ADAPTER.hint(message("D"))
    assert whole is not None
    assert whole.pump is not None
    assert whole.pump.serial == "TX000001"
    assert whole.local is not None
    assert taken_back == whole


def test_of_a_correction_the_rows_that_are_gone_are_not_read() -> None:
    gone = [{"place": "1.0.0.17", "name": "pump-firmware", "kind": "ST", "value": "2.1"}]
    (found,) = ADAPTER.read(message("C", gone=gone))
    assert found.pump.firmware is None
    assert stated(found.session.reported) is not None
    assert stated(found.pump.serial) == "TX000001"
