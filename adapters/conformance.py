"""The conformance suite that every adapter passes: the bridge's own three and any third party's.

    from adapters import conformance

    @pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
    def test_conformance(check):
        check(ADAPTER, conformance.Samples(own=[...], foreign=[...]))

A check raises AssertionError with the place in the sample. `own` are whole exports that the adapter reads; `foreign`
are files of other formats. Promises: the checks are repeatable (fixed seeds) and need no test framework.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bridge.adapter import Adapter, Hint
from bridge.errors import ExportError
from bridge.interrogation import Interrogation, Reading, all_fields_of, dump, load

SEED = 20250303
SMALL = 4_096
CUTS = 200
MUTATIONS = 300
NOISE = (b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"<", b"[" * 100_000, b"<a>" * 10_000, b'"' * 1_000)


@dataclass(frozen=True)
class Samples:
    """Whole exports of the adapter's own format, and files that are none of it."""

    own: Sequence[bytes]
    foreign: Sequence[bytes] = ()


def recognises_own_samples(adapter: Adapter, samples: Samples) -> None:
    """An adapter recognises what it reads, by its head: also where the second half is missing."""
    for content in samples.own:
        _hold(adapter.recognises(content), "does not recognise a sample of its own")
        _hold(adapter.recognises(content[: len(content) // 2]), "does not recognise a sample by its head")


def refuses_foreign_files(adapter: Adapter, samples: Samples) -> None:
    """An adapter neither recognises nor reads what is not its own, and nobody recognises an empty file."""
    for content in (b"", b"\n", *NOISE, *samples.foreign):
        _hold(not adapter.recognises(content), f"recognises a foreign file that begins {content[:40]!r}")
        _hold(_read(adapter, content) is None, f"reads a foreign file that begins {content[:40]!r}")


def reads_repeatably(adapter: Adapter, samples: Samples) -> None:
    """Two readings of the same bytes are equal, and the store gives back what was read."""
    for content in samples.own:
        first, second = adapter.read(content), adapter.read(content)
        _hold(first == second and len(first) > 0, "two readings of one sample differ")
        for interrogation in first:
            _hold(load(dump(interrogation)) == interrogation, "the store does not give back what was read")


def gives_every_value_text_and_place(adapter: Adapter, samples: Samples) -> None:
    """Every reading has its printed text and its place; a pump has manufacturer, model and serial."""
    for content in samples.own:
        for interrogation in adapter.read(content):
            identity = dataclasses.astuple(interrogation.pump_identity)
            _hold(all(identity), "reads a pump without manufacturer, model or serial")
            for path, reading in _readings(interrogation, ""):
                _hold(bool(reading.text) and bool(reading.where), f"{path} has no printed text or no place")


def keeps_digits(adapter: Adapter, samples: Samples) -> None:
    """The digits of every quantity stand in its printed text, but for marks and leading zeros."""
    for content in samples.own:
        for interrogation in adapter.read(content):
            for path, reading in _readings(interrogation, ""):
                number = getattr(reading.value, "value", None)
                digits = f"{number:f}".replace(".", "").lstrip("0") if number is not None else ""
                printed = "".join(mark for mark in reading.text if mark.isdigit())
                _hold(digits in printed, f"{path} lost digits of its printed text")


def never_reads_a_cut_file_as_whole(adapter: Adapter, samples: Samples) -> None:
    """A cut file is refused, or gives exactly what the whole one gives (only white space was lost)."""
    for content in samples.own:
        whole = adapter.read(content)
        for cut in cuts(content):
            found = _read(adapter, content[:cut])
            _hold(found is None or found == whole, f"cut at byte {cut} of {len(content)}, reads something else")


def hints_without_raising(adapter: Adapter, samples: Samples) -> None:
    """A hint of a cut or damaged file names the sample's pump and start, or nothing."""
    for content in samples.own:
        known = {interrogation.pump_identity for interrogation in adapter.read(content)}
        for cut in cuts(content):
            hint = adapter.hint(content[:cut])
            _hold(_is_hint(hint), f"cut at byte {cut}, gives something that is no hint")
            _hold(hint is None or hint.pump is None or hint.pump in known, f"cut at byte {cut}, names another pump")
    for content in (*NOISE, *samples.foreign, *_mutated(samples.own)):
        _hold(_is_hint(adapter.hint(content)), f"gives no hint and not None for {content[:40]!r}")


def raises_only_export_errors(adapter: Adapter, samples: Samples) -> None:
    """Whatever the bytes, recognising does not raise and reading raises nothing but ExportError, with its remedy."""
    for content in (*NOISE, *samples.foreign, *_mutated(samples.own)):
        adapter.recognises(content)
        try:
            adapter.read(content)
        except ExportError as error:
            _hold(bool(error.code and error.where and error.remedy), f"{error.code} has no place or no remedy")


Check: TypeAlias = Callable[[Adapter, Samples], None]

CHECKS: tuple[Check, ...] = (
    recognises_own_samples,
    refuses_foreign_files,
    reads_repeatably,
    gives_every_value_text_and_place,
    keeps_digits,
    never_reads_a_cut_file_as_whole,
    hints_without_raising,
    raises_only_export_errors,
)


def cuts(content: bytes) -> list[int]:
    """Where to cut a sample: every byte of a small one, else every line end and 200 seeded places."""
    if len(content) <= SMALL:
        return list(range(len(content)))
    line_ends = [index for index, byte in enumerate(content) if byte == 0x0A]
    seeded = random.Random(SEED).sample(range(len(content)), CUTS)
    return sorted({*line_ends, *(end + 1 for end in line_ends[:-1]), *seeded})


def _mutated(own: Sequence[bytes]) -> Iterator[bytes]:
    chance = random.Random(SEED)
    for content in own:
        for _ in range(MUTATIONS // max(len(own), 1) + 1):
            place, length = chance.randrange(len(content)), chance.randrange(4)
            yield content[:place] + chance.randbytes(length) + content[place + chance.randrange(4) :]


def _read(adapter: Adapter, content: bytes) -> tuple[Interrogation, ...] | None:
    try:
        return adapter.read(content)
    except ExportError:
        return None


def _is_hint(hint: Hint | None) -> bool:
    return hint is None or isinstance(hint, Hint)


def _readings(value: Any, path: str) -> Iterator[tuple[str, Reading[Any]]]:
    group: Any = type(value)
    for field in all_fields_of(group):
        part, below = getattr(value, field.name), f"{path}/{field.name}"
        if isinstance(part, Reading):
            yield below, part
        elif part is not None:
            for index, item in enumerate(part if isinstance(part, tuple) else (part,)):
                yield from _readings(item, f"{below}/{index}" if isinstance(part, tuple) else below)


def _hold(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
