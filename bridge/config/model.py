"""What can be set, with its meaning, default and limits: the reference in the docs is generated from here.

Frozen; an unknown key is refused; no value is coerced ("5" is not 5). What depends on two keys is checked here,
what depends on the file system in `reading`. Nothing in here opens a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from bridge.config.destinations import AnyDestination, Destination, FhirDestination, Hl7v2Destination
from bridge.config.values import (
    BaseUri,
    ConfigPath,
    Days,
    Hours,
    Label,
    Minutes,
    MrRegion,
    Name,
    Prefix,
    Seconds,
    Section,
    SerialPort,
    Texts,
    Uri,
    Zone,
    is_loopback,
    refuse,
)
from bridge.errors import ConfigError

_SHORTHAND = re.compile(r"\b(IT|OK|mcg)\b")  # words that no chart may hold where people read


class Site(Section):
    """Where the bridge stands, and whose numbers it uses."""

    zone: Zone = Field(description="IANA time zone of the site, for exports that state none")
    organisation: Label = Field(description="Name of the organisation that runs the bridge")
    phone: Label | None = Field(None, description="Whom to call about a pump; printed in Device and Flag")
    mr_region: MrRegion | None = Field(
        None, description="Whose MR labelling is told of a pump; without it, or where none is known, every region's"
    )
    key_system: Uri = Field(description="The one patient identifier system whose numbers make our keys; permanent")
    patient_systems: dict[Label, Uri] = Field(
        default_factory=dict, description="Patient identifier labels as exports print them, each with its URI"
    )
    base: BaseUri = Field("https://pumpbridge.invalid", description="Base of our own identifier systems")
    prefix: Prefix = Field("pb", description="What ids of our resources begin with; permanent")
    namespace_file: ConfigPath = Field(description="File (mode 0600) with the 64 hex digits that ids are made with")
    simulated_namespace_file: ConfigPath = Field(description="The same for simulated data; must be another file")

    @model_validator(mode="after")
    def _systems_agree(self) -> Self:
        if self.patient_systems and self.key_system not in self.patient_systems.values():
            raise refuse("key_system must be one of the URIs in patient_systems")
        if self.namespace_file == self.simulated_namespace_file:
            raise refuse("simulated_namespace_file must be another file than namespace_file")
        if _SHORTHAND.search(self.organisation):
            raise refuse("organisation must not hold the words IT, OK or mcg: charts would be refused for them")
        return self


class Store(Section):
    """Where exports, facts and ledgers are kept."""

    path: ConfigPath = Field(description="The SQLite file, on a local disk")


class Inbox(Section):
    """A watched folder; without this table none is watched."""

    path: ConfigPath = Field(description="The folder that is watched")
    done: ConfigPath = Field(description="The folder that accepted files are moved to")
    quarantine: ConfigPath = Field(description="The folder that files which cannot be read are moved to")
    poll_seconds: Seconds = Field(2, description="Time between two looks")
    settle_seconds: float = Field(
        1, ge=0, le=3600, allow_inf_nan=False, description="A file is complete when it has not changed for so long"
    )

    @model_validator(mode="after")
    def _folders_differ(self) -> Self:
        if len({self.path, self.done, self.quarantine}) < 3:
            raise refuse("path, done and quarantine must be three different folders")
        return self


class Serial(Section):
    """A programmer on a serial line, which the daemon asks for what it holds; it only reads."""

    name: Name = Field(description="Its name; `pumpbridge status` knows its captures under it")
    port: SerialPort = Field(description="A device such as /dev/ttyUSB0, socket://HOST:PORT or rfc2217://HOST:PORT")
    baud: int = Field(115_200, ge=300, le=4_000_000, description="The speed of a serial port")
    every_minutes: float = Field(
        10, gt=0, le=1440, allow_inf_nan=False, description="Time between two looks; a known reading is left alone"
    )
    settle_seconds: float = Field(
        2, ge=0, le=3600, allow_inf_nan=False, description="A port that has returned is left alone for so long"
    )
    backoff_minutes: float = Field(
        10, gt=0, le=1440, allow_inf_nan=False, description="The longest pause while a port does not answer"
    )


class Mllp(Section):
    """A port that HL7 version 2 messages of infusion pumps come to, for `pumpbridge run`."""

    name: Name = Field(description="Its name; `pumpbridge status` knows its messages under it")
    host: Label = Field("127.0.0.1", description="The address to listen at; loopback only, unless allow_remote")
    allow_remote: bool = Field(False, description="Allows other addresses: without TLS anyone between can read")
    port: int = Field(ge=1, le=65_535, description="The TCP port")
    max_message_bytes: int = Field(
        1_000_000, ge=1024, le=20_000_000, description="A longer message is refused, and its connection ended"
    )
    idle_seconds: Seconds = Field(600, description="A connection that is silent for so long is ended")
    max_connections: int = Field(64, ge=1, le=1024, description="Connections at once; a further one is closed")
    max_connections_per_host: int | None = Field(
        None, ge=1, le=1024, description="Of these from one address; where nothing is said, three quarters"
    )
    tls_cert: ConfigPath | None = Field(None, description="Certificate chain (PEM): connections use TLS")
    tls_key: ConfigPath | None = Field(None, description="Its key (mode 0600)")
    tls_client_ca: ConfigPath | None = Field(None, description="Only clients with a certificate of these may connect")
    send_ack: bool = Field(True, description="Whether messages are acknowledged, as each asks for")

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if not self.allow_remote and not is_loopback(self.host):
            raise refuse("host must be loopback (another address only with allow_remote = true)")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise refuse("tls_cert and tls_key belong together")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise refuse("tls_client_ca needs tls_cert and tls_key")
        return self


class Current(Section):
    """When what a pump last said is too old to be called current."""

    max_age_days: Days = Field(200, description="A running segment that was not confirmed for longer is unknown")
    infusion_max_age_minutes: Minutes = Field(
        60, description="The same for an infusion of a hospital pump, which is heard every few seconds or minutes"
    )
    infusion_interval_minutes: Minutes = Field(
        15,
        description="How often volumes, charge and confirmations of a hospital pump are charted while nothing changes",
    )
    infusion_settle_seconds: float = Field(
        2, ge=0, le=60, allow_inf_nan=False,
        description="A hospital pump that `run` just charted is charted again after so long, with all it said since",
    )  # fmt: skip


class Calculated(Section):
    """Values that the bridge derives; each is labelled as calculated."""

    enabled: bool = Field(True, description="Whether derived values are written at all")


class Findings(Section):
    """Whom findings are for at this site, where that is not what the catalogue says."""

    file: ConfigPath | None = Field(
        None, description="TOML file with a table [audience]: a finding's code = ward, clinic, operator or off"
    )


class Limits(Section):
    """From where on a person is asked, and what is refused as too large."""

    large_plan_courses: int = Field(
        20, ge=1, description="An undecided plan waits when it touches more courses than so"
    )
    large_plan_percent: int = Field(5, ge=0, le=100, description="and more than this share of all courses")
    large_plan_retractions: int = Field(20, ge=0, description="or retracts more resources than so")
    export_bytes: int = Field(20_000_000, ge=1024, le=1_000_000_000, description="A larger export is quarantined")


class Expected(Section):
    """A source that must not fall silent."""

    source: Label = Field(description="Name of the source")
    max_silence_hours: Hours = Field(description="`pumpbridge status` fails after so long without an export")


class Status(Section):
    """When `pumpbridge status` fails."""

    oldest_unapplied_hours: Hours = Field(24, description="It fails when an export waits longer than so")
    expected: tuple[Expected, ...] = Field((), strict=False, description="Sources that must not fall silent")

    @model_validator(mode="after")
    def _sources_differ(self) -> Self:
        if len({expected.source for expected in self.expected}) < len(self.expected):
            raise refuse("two [[status.expected]] tables name one source")
        return self


class Adapters(Section):
    """What may read exports besides the bridge's own adapters."""

    third_party: Texts = Field((), description="Names of installed adapters of third parties that may be used")


class Config(Section):
    """The whole file."""

    site: Site
    store: Store
    inbox: Inbox | None = None
    serial: tuple[Serial, ...] = Field((), strict=False)
    mllp: tuple[Mllp, ...] = Field((), strict=False)
    current: Current = Current()
    calculated: Calculated = Calculated()
    findings: Findings = Findings()
    limits: Limits = Limits()
    status: Status = Status()
    adapters: Adapters = Adapters()
    destinations: tuple[Destination, ...] = Field((), alias="destination", strict=False)

    @model_validator(mode="after")
    def _destinations_differ(self) -> Self:
        if len({destination.name for destination in self.destinations}) < len(self.destinations):
            raise refuse("two [[destination]] tables have one name")
        writing = [destination.place for destination in self.destinations if destination.mode != "shadow"]
        if len(set(writing)) < len(writing):
            raise refuse("two [[destination]] tables write to one place: their ledgers would contradict each other")
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if len({serial.name for serial in self.serial}) < len(self.serial):
            raise refuse("two [[serial]] tables have one name")
        if len({serial.port for serial in self.serial}) < len(self.serial):
            raise refuse("two [[serial]] tables name one port")
        if len({mllp.name for mllp in self.mllp}) < len(self.mllp):
            raise refuse("two [[mllp]] tables have one name")
        if len({(mllp.host, mllp.port) for mllp in self.mllp}) < len(self.mllp):
            raise refuse("two [[mllp]] tables listen at one port")
        return self

    def destination_named(self, name: str) -> AnyDestination:
        """The destination of that name; raises ConfigError with the names there are."""
        for destination in self.destinations:
            if destination.name == name:
                return destination
        known = ", ".join(destination.name for destination in self.destinations) or "none"
        raise ConfigError(
            f"no destination is named {name!r} (there are: {known})",
            code="config-destination-unknown",
            remedy="name one of these, or add a [[destination]] table",
        )

    @property
    def secret_files(self) -> tuple[Path, ...]:
        """The files that nobody but their owner may read."""
        tokens = (d.token_file for d in self.destinations if isinstance(d, FhirDestination))
        keys = (d.tls_key for d in self.destinations if isinstance(d, Hl7v2Destination))
        files = (*tokens, *(mllp.tls_key for mllp in self.mllp), *keys)
        return (self.site.namespace_file, self.site.simulated_namespace_file, *(file for file in files if file))
