"""A receiver of HL7 version 2 messages over MLLP: it is told, keeps what it was told, and is not asked.

1. A message is confirmed by an acknowledgement that names its number (MSA-2 = MSH-10), and by nothing else.
2. What may have arrived is in doubt; it is told again as the same bytes under the same number, which stand in the plan.
3. One message at a time: nothing is sent before what went out is answered.
4. What a plan says is not sent (too old, no message at all) is confirmed without a word to the receiver.
5. Nothing is looked up: neither patients nor Devices nor what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.config import Hl7v2Destination
from bridge.destinations.hl7v2_answers import classify, is_final
from bridge.destinations.hl7v2_er7 import Names, Unwritable, written
from bridge.destinations.hl7v2_line import Address, Line, Unanswered, Unreached
from bridge.destinations.protocol import (
    Answer,
    Capabilities,
    DeviceMatch,
    PatientMatch,
    PumpSought,
    Stored,
    Write,
)
from bridge.errors import Bug, DestinationError
from bridge.fhir_json import Json, read
from bridge.messages.message import ALARM, DELIVERY, INTERROGATION
from bridge.receiver import NOT_SENT
from bridge.wire.mllp import framed

UNTOLD = "not-sent"
"""The version of a ledger row of which nothing was sent."""


class Hl7v2Receiver:
    """A receiver that is told one message at a time."""

    limit = 1
    append_only = True
    together = 1

    def __init__(self, address: Address, names: Names) -> None:
        self._line = Line(address)
        self._names = names
        self.patience = address.patience

    @classmethod
    def of(cls, settings: Hl7v2Destination) -> Hl7v2Receiver:
        """The receiver of a configuration; nothing is opened."""
        address = Address(
            settings.host, settings.port, settings.connect_seconds, settings.timeout_seconds, settings.tls,
            settings.tls_ca, settings.tls_cert, settings.tls_key,
        )  # fmt: skip
        names = Names(
            (settings.sending_application, settings.sending_facility or ""),
            (settings.receiving_application or "", settings.receiving_facility or ""),
            settings.assigning_authority or "", settings.encoding, settings.acknowledgement,
        )  # fmt: skip
        return cls(address, names)

    def close(self) -> None:
        """End the connection."""
        self._line.close()

    def reach(self) -> None:
        """Have a connection; raises DestinationError where there is none."""
        try:
            self._line.reach()
        except Unreached as error:
            raise DestinationError(error.message, code=error.code) from None

    def capabilities(self) -> Capabilities:
        """Messages only; what was told cannot be looked at, changed or found."""
        types = frozenset((INTERROGATION, DELIVERY, ALARM))
        return Capabilities(False, True, False, False, types, "HL7 version 2 receiver", "2.6")

    def find_patient(self, system: str, value: str) -> PatientMatch:
        """A receiver knows patients and cannot be asked."""
        return PatientMatch("none")

    def find_pump(self, pump: PumpSought) -> DeviceMatch:
        """A receiver cannot be asked."""
        return DeviceMatch("unsearchable")

    def create_patient(self, system: str, value: str) -> str:
        """No patient is made by a message; the configuration does not allow to ask for one."""
        raise Bug("a receiver of messages takes no patients")

    def look(self, type: str, id: str, identifier: tuple[str, str], course: str = "") -> Stored | None:
        """Nothing can be looked at: capabilities say so."""
        return None

    def versions(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """None is known."""
        return {}

    def send(
        self, writes: Sequence[Write], *, course: str, server_ids: Mapping[str, str] | None = None
    ) -> list[Answer]:
        """Tell each in order; what comes after one that is not confirmed is not sent."""
        answers: list[Answer] = []
        for write in writes:
            if answers and answers[-1].status != "confirmed":
                answers.append(Answer("blocked", code="not-sent-yet"))
            else:
                answers.append(self._told(read(write.body), write.again))
        return answers

    def _told(self, body: Json, again: bool) -> Answer:
        if NOT_SENT in body:
            return Answer("confirmed", version=UNTOLD)
        number = str(body["number"])
        try:
            frame = framed(written(body, self._names))
            said = self._line.ask(frame, lambda found: is_final(found, self._names.acknowledgement))
        except Unwritable as error:
            return Answer("refused", code=error.code, detail=f"{error.where}: {error.message}")
        except Unreached as error:
            is_tls = error.code == "destination-tls"
            return Answer("paused" if is_tls else "unreachable", code=error.code, detail=error.message)
        except Unanswered as error:
            return Answer("in_doubt", code=error.code, detail=error.message)
        answer = classify(said, number, again=again)
        if answer.status == "in_doubt":
            self._line.close()  # what else may come on it is nobody's answer
        return answer
