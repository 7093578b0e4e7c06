"""The configuration: found, checked, and refused with file, key and remedy."""

from __future__ import annotations

import os
import pickle
from datetime import date
from pathlib import Path

import pytest

from bridge import config
from bridge.config import Config, FhirDestination, FolderDestination
from bridge.errors import ConfigError

SITE = """
[site]
zone = "Europe/Berlin"
organisation = "Invented Hospital"
key_system = "https://hospital.invalid/sid/mrn"
namespace_file = "site.namespace"
simulated_namespace_file = "simulated.namespace"
[store]
path = "pumpbridge.sqlite"
"""
FOLDER = '[[destination]]\nname = "out"\nkind = "folder"\npath = "out"\n'
FHIR = '[[destination]]\nname = "ehr"\nkind = "fhir"\nurl = "https://fhir.hospital.invalid/r4"\n'


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(config.ENVIRONMENT, raising=False)
    monkeypatch.setattr("bridge.config.reading.SYSTEM_FILE", tmp_path / "etc" / "pumpbridge.toml")
    monkeypatch.chdir(tmp_path)


def write(folder: Path, text: str, mode: int = 0o600, name: str = "pumpbridge.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def read(text: str) -> Config:
    return config.parse(text, Path("/etc/pumpbridge/pumpbridge.toml"))


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert refused.value.where == "/etc/pumpbridge/pumpbridge.toml"
    assert refused.value.remedy
    return refused.value


# what a whole file means


def test_what_is_left_out_has_its_default() -> None:
    read_config = read(SITE + FOLDER + FHIR)
    assert read_config.current.max_age_days == 200
    assert read_config.calculated.enabled
    assert read_config.limits.export_bytes == 20_000_000
    assert read_config.status.oldest_unapplied_hours == 24
    assert read_config.inbox is None
    assert read_config.adapters.third_party == ()


def test_the_defaults_of_a_destination_are_those_of_its_kind() -> None:
    folder, fhir = read(SITE + FOLDER + FHIR).destinations
    assert isinstance(folder, FolderDestination)
    assert (folder.mode, folder.open_segment, folder.patient) == ("live", "write", "reference")
    assert isinstance(fhir, FhirDestination)
    assert (fhir.mode, fhir.open_segment, fhir.patient) == ("held", "omit", "match")
    assert (fhir.bundle_limit, fhir.connections, fhir.timeout_seconds) == (100, 2, 60)
    assert folder.environment == fhir.environment == "production"


def test_relative_paths_start_at_the_files_folder() -> None:
    text = SITE + '[inbox]\npath = "in"\ndone = "../done"\nquarantine = "/q"\n' + FOLDER
    read_config = read(text)
    assert read_config.store.path == Path("/etc/pumpbridge/pumpbridge.sqlite")
    assert read_config.inbox is not None
    assert read_config.inbox.quarantine == Path("/q")
    assert read_config.site.namespace_file == Path("/etc/pumpbridge/site.namespace")


def test_a_destination_is_found_by_its_name() -> None:
    read_config = read(SITE + FOLDER + FHIR)
    assert read_config.destination_named("ehr").name == "ehr"
    with pytest.raises(ConfigError, match="out, ehr") as refused:
        read_config.destination_named("prod")
    assert refused.value.code == "config-destination-unknown"


def test_every_value_can_be_set() -> None:
    text = SITE + "[current]\nmax_age_days = 30\n[calculated]\nenabled = false\n[limits]\nlarge_plan_percent = 1\n"
    text += '[status]\noldest_unapplied_hours = 1\n[[status.expected]]\nsource = "clinic"\nmax_silence_hours = 72\n'
    text += '[adapters]\nthird_party = ["other"]\n' + FHIR + "start_horizon = 2026-01-31\ntimeout_seconds = 0.5\n"
    read_config = read(text)
    (fhir,) = read_config.destinations
    assert fhir.start_horizon == date(2026, 1, 31)
    assert read_config.status.expected[0].source == "clinic"
    assert read_config.adapters.third_party == ("other",)
    assert not read_config.calculated.enabled


def test_a_region_of_mr_labelling_is_one_that_the_families_know() -> None:
    assert read(SITE + FOLDER).site.mr_region is None
    assert read(SITE.replace("[store]", 'mr_region = "UK"\n[store]') + FOLDER).site.mr_region == "UK"
    assert "site.mr_region" in str(refusal(SITE.replace("[store]", 'mr_region = "uk"\n[store]') + FOLDER))


def test_it_crosses_to_another_process() -> None:
    read_config = read(SITE + FOLDER + FHIR)
    assert pickle.loads(pickle.dumps(read_config)) == read_config


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(SITE).site.prefix = "other"


# what is refused


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (SITE + "[limit]\n", "config-unknown-key", "limit: is not known"),
        (SITE + "[limits]\nexport_byte = 5\n", "config-unknown-key", "limits.export_byte: is not known"),
        (SITE + FOLDER + 'url = "https://a.invalid"\n', "config-unknown-key", "destination[1].url: is not known"),
        (SITE + FOLDER + FHIR + "limit = 1\n", "config-unknown-key", "destination[2].limit: is not known"),
        (SITE.replace("zone =", "zones ="), "config-unknown-key", "site.zones: is not known; site.zone: is missing"),
        (SITE.replace('path = "pumpbridge.sqlite"', ""), "config-value", "store.path: is missing"),
        (SITE.replace("Europe/Berlin", "Europe/Berlim"), "config-value", "site.zone: is no IANA time zone"),
        (SITE.replace("Europe/Berlin", "Europe"), "config-value", "site.zone: is no IANA time zone"),
        (SITE.replace("Europe/Berlin", "../../etc/passwd"), "config-value", "site.zone: is no IANA time zone"),
        (SITE.replace("Europe/Berlin", "right/UTC"), "config-value", "site.zone: must be an IANA time zone"),
        (SITE.replace("https://hospital.invalid/sid/mrn", "MRN"), "config-value", "site.key_system: must be an abso"),
        (SITE.replace('"pumpbridge.sqlite"', '""'), "config-value", "store.path: must be a path"),
        (SITE.replace('"pumpbridge.sqlite"', '"~/a"'), "config-value", "store.path: must be written out"),
        (SITE.replace('"simulated.namespace"', '"site.namespace"'), "config-value", "site: simulated_namespace_file"),
        (SITE + '[site.patient_systems]\nMRN = "urn:x:1"\n', "config-value", "site: key_system must be one of"),
        (SITE.replace("Invented", "IT"), "config-value", "site: organisation must not hold the words IT"),
        (SITE + "[site.patient_systems]\nMRN = 1\n", "config-value", "site.patient_systems.MRN: must be an absolute"),
        (SITE + '[current]\nmax_age_days = "5"\n', "config-value", "current.max_age_days: must be a whole number"),
        (SITE + "[current]\nmax_age_days = true\n", "config-value", "current.max_age_days: must be a whole number"),
        (SITE + "[current]\nmax_age_days = 0\n", "config-value", "current.max_age_days: must be greater than"),
        (SITE + "[calculated]\nenabled = 1\n", "config-value", "calculated.enabled: must be true or false"),
        (SITE + '[inbox]\npath = "a"\ndone = "a"\nquarantine = "b"\n', "config-value", "inbox: path, done and quar"),
        (SITE + '[inbox]\npath="a"\ndone="b"\nquarantine="c"\npoll_seconds=nan\n', "config-value", "inbox.poll_sec"),
        (SITE + FOLDER + 'mode = "lively"\n', "config-value", "destination[1].mode: must be 'shadow', 'held' or"),
        (SITE + FOLDER + 'start_horizon = "2026-01-31"\n', "config-value", "start_horizon: must be a date"),
        (SITE + FOLDER + 'patient = "match"\n', "config-value", "destination[1].patient: must be"),
        (SITE + FOLDER.replace('kind = "folder"\n', ""), "config-value", "destination[1]: needs kind"),
        (SITE + FOLDER.replace('"folder"', '"directory"'), "config-value", "destination[1]: needs kind"),
        (SITE + FOLDER.replace('"out"', '"Out Folder"', 1), "config-value", "destination[1].name: has characters"),
        (SITE + FOLDER.replace("[[destination]]", "[destination]"), "config-value", "destination: must be a list"),
        (SITE + FOLDER + FOLDER, "config-value", "the file: two [[destination]] tables have one name"),
        (SITE + FHIR + FHIR.replace("ehr", "copy"), "config-value", "the file: two [[destination]] tables write"),
        (SITE + FOLDER + "accept_simulated = true\n", "config-value", "destination[1]: accept_simulated = true needs"),
        (SITE + FHIR + 'patient = "create"\n', "config-value", 'destination[1]: patient = "create" needs'),
        (SITE + FHIR.replace("https", "http"), "config-value", "destination[1]: url must be https"),
        (SITE + FHIR.replace("https:", "ftp:"), "config-value", "destination[1].url: must be an http or https"),
        (SITE + FHIR.replace("fhir.hospital", "me:pass@fhir"), "config-value", "destination[1].url: must hold no user"),
        (SITE + FHIR.replace("/r4", ":99999/r4"), "config-value", "destination[1].url: must be an http"),
        (
            SITE + '[status]\nexpected = [{source="a", max_silence_hours=1}, {source="a", max_silence_hours=2}]\n',
            "config-value",
            "status: two [[status.expected]] tables name one source",
        ),
        (SITE + "zone = \n", "config-not-toml", "line 10"),
        ("", "config-value", "site: is missing; store: is missing"),
    ],
)
def test_a_wrong_file_is_refused_by_key(text: str, code: str, says: str) -> None:
    refused = refusal(text)
    assert says in refused.message
    assert refused.code == code


def test_no_value_is_repeated() -> None:
    refused = refusal(SITE + FHIR.replace("fhir.hospital", "me:secretpass@fhir"))
    assert "secretpass" not in str(refused)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_http_is_for_loopback(host: str) -> None:
    (fhir,) = read(SITE + FHIR.replace("https://fhir.hospital.invalid/r4", f"http://{host}:8080/fhir/")).destinations
    assert fhir.place == f"http://{host}:8080/fhir"


def test_http_to_elsewhere_must_be_asked_for() -> None:
    (fhir,) = read(SITE + FHIR.replace("https", "http") + "insecure_http = true\n").destinations
    assert fhir.place.startswith("http://")


def test_a_test_destination_takes_what_it_asks_for() -> None:
    extra = 'environment = "test"\naccept_simulated = true\npatient = "create"\n'
    (fhir,) = read(SITE + FHIR + extra).destinations
    assert fhir.accept_simulated
    assert fhir.patient == "create"


def test_a_shadow_may_look_at_the_same_server() -> None:
    shadow = FHIR.replace('name = "ehr"', 'name = "next"\nmode = "shadow"')
    assert len(read(SITE + FHIR + shadow).destinations) == 2


# which file is read


def test_the_order_in_which_a_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    system = write(tmp_path / "etc", SITE)
    assert config.find() == system
    local = write(tmp_path, SITE)
    assert config.find() == local
    named = write(tmp_path, SITE, name="named.toml")
    monkeypatch.setenv(config.ENVIRONMENT, str(named))
    assert config.find() == named
    given = write(tmp_path, SITE, name="given.toml")
    assert config.find(Path("given.toml")) == given


def test_a_named_file_is_not_replaced_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SITE)
    monkeypatch.setenv(config.ENVIRONMENT, str(tmp_path / "missing.toml"))
    with pytest.raises(ConfigError, match=r"missing\.toml") as refused:
        config.find()
    assert refused.value.code == "config-missing"


def test_no_file_at_all_names_the_remedy() -> None:
    with pytest.raises(ConfigError, match="pumpbridge init"):
        config.load()


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, SITE)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ConfigError, match="Permission denied") as refused:
        config.load(file)
    assert refused.value.code == "config-unreadable"


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "pumpbridge.toml"
    file.write_bytes(b'name = "\xff"')
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load(file)


# who may write and read


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o664])
def test_a_file_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = write(tmp_path, SITE, mode)
    with pytest.raises(ConfigError, match="chmod go-w") as refused:
        config.load(file)
    assert refused.value.code == "config-readable-by-others"
    file.chmod(0o644)
    assert config.load(file).site.prefix == "pb"


@pytest.mark.parametrize("name", ["site.namespace", "simulated.namespace", "ehr.token"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_secret_that_others_can_use_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    file = write(tmp_path, SITE + FHIR + 'token_file = "ehr.token"\n')
    secret = write(tmp_path, "0" * 64, mode, name)
    with pytest.raises(ConfigError, match="chmod 600") as refused:
        config.load(file)
    assert refused.value.where == str(secret)
    secret.chmod(0o400)
    assert config.load(file)


def test_a_namespace_is_32_bytes(tmp_path: Path) -> None:
    secret = write(tmp_path, "0f" * 32 + "\n", name="site.namespace")
    assert config.read_namespace(secret) == b"\x0f" * 32


@pytest.mark.parametrize("text", ["", "0f" * 31, "0F" * 32, "0f" * 33, "zz" * 32])
def test_a_malformed_namespace_is_refused_unseen(tmp_path: Path, text: str) -> None:
    secret = write(tmp_path, text, name="site.namespace")
    with pytest.raises(ConfigError, match="64 lower-case hex digits") as refused:
        config.read_namespace(secret)
    assert not text or text not in str(refused.value)


def test_a_missing_namespace_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pumpbridge init"):
        config.read_namespace(tmp_path / "site.namespace")


def test_a_shared_namespace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        config.read_namespace(write(tmp_path, "0f" * 32, 0o644, "site.namespace"))


# what is written for people


@pytest.mark.parametrize("organisation", ["Invented Hospital", 'A "quoted" \\ $name\x7f 😀'])
def test_the_template_loads(tmp_path: Path, organisation: str) -> None:
    text = config.template(zone="Europe/Berlin", organisation=organisation, folder="out")
    read_config = config.load(write(tmp_path, text))
    assert read_config.site.organisation == organisation
    assert read_config.destinations[0].place == str(tmp_path / "out")
    assert not read_config.destinations[0].accept_simulated


def test_the_template_for_tests_takes_simulated_data() -> None:
    text = config.template(zone="UTC", organisation="Invented", folder="/tmp/out", test=True)
    assert read(text).destinations[0].accept_simulated


def test_what_the_template_only_suggests_loads_too() -> None:
    text = config.template(zone="UTC", organisation="Invented", folder="out")
    suggested = [line.removeprefix("# ") if _is_suggestion(line) else line for line in text.splitlines()]
    read_config = read("\n".join(suggested))
    assert read_config.inbox is not None
    assert [destination.name for destination in read_config.destinations] == ["folder", "ehr", "engine"]


def _is_suggestion(line: str) -> bool:
    return line.startswith("# ") and (" = " in line or line.startswith("# ["))


def test_the_reference_has_every_key() -> None:
    text = config.reference()
    for section in (
        "[site]",
        "[inbox]",
        "[[status.expected]]",
        '[[destination]] kind = "fhir"',
        '[[destination]] kind = "hl7v2"',
    ):
        assert f"## `{section}`" in text
    assert "| `zone` | time zone | required |" in text
    assert "| `export_bytes` | whole number, from 1024, to 1000000000 | `20000000` |" in text
    assert '| `mode` | `"shadow"` or `"held"` or `"live"` | `"held"` |' in text
