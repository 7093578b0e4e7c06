"""A site's findings file on the command line: what it takes away is said wherever the site is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from bridge import charting
from bridge.course.fold import fold
from tests.cli.shell import Shell, journey

OFF = '[audience]\n"delivery-interrupted" = "off"\n"dose-triangle" = "operator"\n'
NAMED = '[findings]\nfile = "findings.toml"\n'


def put(shell: Shell, text: str) -> None:
    file = shell.folder / "findings.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)


def test_loading_the_configuration_reads_it(shell: Shell) -> None:
    shell.set_up()
    file = shell.folder / "pumpbridge.toml"
    file.write_text(file.read_text() + NAMED)
    assert "findings.toml" in shell("status", status=3).err
    put(shell, OFF)
    shell("status")


def test_what_is_switched_off_is_said_wherever_the_site_is_looked_at(shell: Shell) -> None:
    shell.set_up()
    file = shell.folder / "pumpbridge.toml"
    file.write_text(file.read_text() + NAMED)
    put(shell, OFF)
    for command in ("check", "status"):
        said = shell(command).out
        assert "delivery-interrupted IS SWITCHED OFF" in said
        assert "findings switched off: delivery-interrupted" in said
        assert "findings moved: dose-triangle to operator" in said
        assert shell.json(command)["findings_off"] == ["delivery-interrupted"]


def test_nothing_is_said_where_nothing_was_moved(shell: Shell) -> None:
    shell.set_up()
    put(shell, '[audience]\n"dose-triangle" = "clinic"\n')
    file = shell.folder / "pumpbridge.toml"
    file.write_text(file.read_text() + NAMED)
    assert "findings" not in shell("status").out
    assert shell.json("check")["findings_off"] == []


def test_a_course_that_cannot_be_folded_hides_no_other(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.set_up()
    shell("import", *journey())
    whole = shell.json("findings")
    broken = whole["findings"][0]["pump"]["serial"]

    def fails(reports: Any, *given: Any, **named: Any) -> Any:
        """The fold with a fault of ours for one pump."""
        held = list(reports)
        if any(one.interrogation.pump.serial.value == broken for one in held):
            raise OverflowError("date value out of range, Ada Musterfrau")
        return fold(held, *given, **named)

    monkeypatch.setattr(charting, "fold", fails)
    done = shell("findings", "--json", status=1)
    others = [one for one in whole["findings"] if one["pump"]["serial"] != broken]
    assert done.facts["findings"] == others
    assert [one["pump"]["serial"] for one in done.facts["failed"]] == [broken]
    assert "withdraw" in done.facts["failed"][0]["remedy"]
    assert "OverflowError" in done.err
    assert "Musterfrau" not in done.err
