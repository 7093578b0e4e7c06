"""What every destination has, and what each kind of them has: a folder, a FHIR server, a receiver of messages.

As `model`: frozen, an unknown key is refused, nothing here opens a file.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from bridge.config.values import (
    ConfigPath,
    FhirVersion,
    Label,
    Mode,
    Name,
    OpenSegment,
    PatientLink,
    Seconds,
    Section,
    ServerUrl,
    is_loopback,
    refuse,
)


class DestinationSettings(Section):
    """What every destination has."""

    name: Name = Field(description="Its name; the ledger is kept under it, so it is permanent")
    mode: Mode
    open_segment: OpenSegment
    patient: PatientLink
    environment: Literal["test", "production"] = Field("production", description="What stands behind it")
    accept_simulated: bool = Field(False, description="Whether it takes simulated data; never with production")
    start_horizon: date | None = Field(None, description="Nothing that ended before this day is sent")
    attach_bytes: bool = Field(True, description="Whether documents carry the export's bytes")
    single_values: bool = Field(True, description="Whether values also leave as single Observations")
    profiles: bool = Field(False, description="Whether resources claim our profiles (meta.profile); FHIR R4 only")

    @model_validator(mode="after")
    def _production_is_real(self) -> Self:
        if self.profiles and getattr(self, "fhir_version", "R4") != "R4":
            raise refuse('profiles = true needs fhir_version = "R4"')
        if self.environment == "production" and self.accept_simulated:
            raise refuse('accept_simulated = true needs environment = "test"')
        if self.environment == "production" and self.patient == "create":
            raise refuse('patient = "create" needs environment = "test"')
        return self


class FolderDestination(DestinationSettings):
    """A folder: a directory a course, a file a resource."""

    kind: Literal["folder"] = Field(description="A folder")
    path: ConfigPath = Field(description="The folder")
    fhir_version: FhirVersion = Field("R4", description="The version of FHIR that charts are written in")
    capabilities: ConfigPath | None = Field(
        None, description="CapabilityStatement (JSON file) of a server: the folder gets what that server would take"
    )
    mode: Mode = Field("live", description="Plans only, applied by a person, or at once")
    open_segment: OpenSegment = Field("write", description="Whether a running delivery is written")
    patient: Literal["reference", "create"] = Field(
        "reference", description="Patients by identifier, or (test only) written too"
    )

    @property
    def place(self) -> str:
        """Where its charts lie: the folder."""
        return str(self.path)


class FhirDestination(DestinationSettings):
    """A FHIR server."""

    kind: Literal["fhir"] = Field(description="A FHIR server")
    fhir_version: FhirVersion = Field("R4", description="The version of FHIR that charts are written in")
    url: ServerUrl = Field(description="Its base address; https, or http on loopback")
    insecure_http: bool = Field(False, description="Allows http to other hosts: anyone between can read and change")
    mode: Mode = Field("held", description="Plans only, applied by a person, or at once")
    open_segment: OpenSegment = Field("omit", description="Whether a running delivery is written")
    patient: PatientLink = Field(
        "match", description="Exactly one Patient found there, an identifier only, or (test only) written too"
    )
    devices: Literal["own", "match"] = Field(
        "own", description="Pumps as Devices of ours, or as the hospital's own Device where exactly one is found there"
    )
    references: Literal["relative", "absolute"] = Field(
        "relative", description="How references inside the server are written: Type/id, or with its base address"
    )
    capabilities: ConfigPath | None = Field(
        None,
        description="CapabilityStatement (JSON file) that says which types it takes; without it the server is asked, "
        "at the first plan and at each `pumpbridge check`",
    )
    bundle_limit: int = Field(100, ge=1, le=5000, description="Most resources that are sent at once")
    connections: int = Field(2, ge=1, le=64, description="Requests under way at once")
    timeout_seconds: Seconds = Field(
        60, description="Patience with a silence of the server; a whole answer has three times as long"
    )
    token_file: ConfigPath | None = Field(None, description="File (mode 0600) with a bearer token")

    @property
    def place(self) -> str:
        """Where its charts lie: the base address."""
        return self.url

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http" and not self.insecure_http and not is_loopback(parts.hostname or ""):
            raise refuse("url must be https (http only to loopback, or with insecure_http = true)")
        return self


class Hl7v2Destination(DestinationSettings):
    """A receiver of HL7 version 2 messages over MLLP: what it was told it keeps; mistakes are corrected by messages."""

    kind: Literal["hl7v2"] = Field(description="A receiver of HL7 version 2 messages (MLLP)")
    host: Label = Field(description="Its address")
    port: int = Field(ge=1, le=65_535, description="Its TCP port")
    insecure_plain: bool = Field(
        False, description="Allows other hosts without TLS: anyone between can read and change"
    )
    tls: bool = Field(False, description="Whether the connection uses TLS; without it only loopback")
    tls_ca: ConfigPath | None = Field(
        None, description="Certificates (PEM) that may have signed its own; else the system's"
    )
    tls_cert: ConfigPath | None = Field(None, description="Our certificate chain (PEM), where it asks for one")
    tls_key: ConfigPath | None = Field(None, description="Its key (mode 0600)")
    mode: Mode = Field("held", description="Plans only, applied by a person, or at once")
    open_segment: OpenSegment = Field("write", description="Of no meaning here: a delivery is told when it begins")
    patient: Literal["reference"] = Field("reference", description="Patients by identifier: a receiver cannot be asked")
    start_horizon: date | None = Field(
        None, description="Nothing of before this day is sent; without it nothing of before its first plan"
    )
    sending_application: Label = Field("PUMPBRIDGE", description="MSH-3")
    sending_facility: Label | None = Field(None, description="MSH-4")
    receiving_application: Label | None = Field(None, description="MSH-5")
    receiving_facility: Label | None = Field(None, description="MSH-6")
    assigning_authority: Label | None = Field(
        None, description="What it calls the site's patient numbers (PID-3.4); without it as the exports do"
    )
    encoding: Literal["UNICODE UTF-8", "8859/1", "8859/15", "ASCII"] = Field(
        "UNICODE UTF-8", description="The character set, as MSH-18 names it"
    )
    acknowledgement: Literal["accept", "application"] = Field(
        "accept", description="What is asked for: that it is safely kept (CA), or that it was processed (AA)"
    )
    connect_seconds: Seconds = Field(10, description="Patience with a connection that is not made")
    timeout_seconds: Seconds = Field(30, description="Patience with an acknowledgement that does not come")

    @property
    def place(self) -> str:
        """Where its messages go: host and port."""
        return f"{self.host}:{self.port}"

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if not self.tls and not self.insecure_plain and not is_loopback(self.host):
            raise refuse("tls = true is needed (without it only loopback, or with insecure_plain = true)")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise refuse("tls_cert and tls_key belong together")
        if not self.tls and (self.tls_cert or self.tls_ca):
            raise refuse("tls_ca, tls_cert and tls_key need tls = true")
        return self


AnyDestination = FolderDestination | FhirDestination | Hl7v2Destination
Destination = Annotated[AnyDestination, Field(discriminator="kind")]
