"""One destination as the site configured it: how charts are bound to it, and when a plan for it waits for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.chart.capability import EVERYTHING, CapabilityPlan
from bridge.chart.dialect import Version
from bridge.chart.resource import Binding, Centre, Resource
from bridge.charting import code_fingerprint
from bridge.config import AnyDestination, Config, FhirDestination, Hl7v2Destination
from bridge.course.fold import Settings
from bridge.fhir_json import Json
from bridge.identity import Namespace
from bridge.terms.findings import Moved


@dataclass(frozen=True, slots=True)
class Large:
    """From where on a plan that nobody decided is large: courses, per cent of all courses, retractions in one plan."""

    courses: int
    percent: int
    retractions: int


@dataclass(frozen=True, slots=True)
class Horizon:
    """Nothing of sessions before this day is sent; references to what is left out are left out too."""

    day: date

    def cut(self, resources: Sequence[Resource]) -> tuple[Resource, ...]:
        """The resources from the horizon on, without references into what was before."""
        first = f"{self.day:%Y%m%d}"
        gone = {resource.reference for resource in resources if resource.page < first}
        kept = [resource for resource in resources if resource.page >= first]
        return tuple(_without(resource, gone) for resource in kept)


def _without(resource: Resource, gone: set[str]) -> Resource:
    body = pruned(resource.body, gone)
    return Resource(resource.key, resource.id, resource.page, body, resource.rests_on, resource.traces)


def pruned(value: Any, gone: set[str]) -> Any:
    """The value without references to what is gone, and without what is empty then."""
    if isinstance(value, dict):
        if isinstance(literal := value.get("reference"), str) and literal in gone:
            return None
        found = {key: pruned(item, gone) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in (None, [], {})} or None
    if isinstance(value, list):
        return [item for item in (pruned(item, gone) for item in value) if item not in (None, {})]
    return value


@dataclass(frozen=True, slots=True)
class Place:
    """What reconciling needs to know of one destination."""

    name: str
    mode: str
    patient: str
    devices: str
    accept_simulated: bool
    horizon: Horizon | None
    fold: Settings
    large: Large
    mapping: str
    version: str
    key_system: str
    make_binding: Callable[[bool, str, Json, str], Binding]
    dialect: str = "fhir"
    fhir: Version = "R4"
    capability: CapabilityPlan = EVERYTHING
    told_from: datetime | None = None  # of a receiver of messages: nothing before is sent, where the site says so

    def binding(self, simulated: bool, patient_key: str, patient: Json, pump: str = "") -> Binding:
        """What binds a course to this destination; `pump`: the hospital's own Device, where it stands for ours."""
        return self.make_binding(simulated, patient_key, patient, pump)

    def commons(self, simulated: bool) -> Binding:
        """What binds shared resources, which know no patient."""
        return self.make_binding(simulated, "", {}, "")


Namespaces = tuple[Namespace, Namespace]  # real, simulated


def place_of(
    config: Config, settings: AnyDestination, namespaces: Namespaces, version: str,
    attachment: Callable[[str], bytes | None], audiences: Moved, capability: CapabilityPlan = EVERYTHING,
) -> Place:  # fmt: skip
    """The place of a configured destination; `attachment` gives an export's bytes by SHA-256.

    `audiences` are the findings that the site moved; `capability` is what of a chart is taken there.
    """
    site = config.site
    messages = isinstance(settings, Hl7v2Destination)

    def binding(simulated: bool, patient_key: str, patient: Json, pump: str) -> Binding:
        return Binding(
            base=site.base,
            namespace=namespaces[1] if simulated else namespaces[0],
            centre=Centre(site.organisation, site.phone),
            patient=patient,
            patient_key=patient_key,
            simulated=simulated,
            calculated=config.calculated.enabled,
            single_values=settings.single_values,
            profiles=settings.profiles,
            open_segment=settings.open_segment == "write",
            pump=pump,
            mr_region=site.mr_region or "",
            dialect="hl7v2" if isinstance(settings, Hl7v2Destination) else "fhir",
            fhir=_version(settings),
            zone=str(site.zone),
            audiences=audiences,
            capability=capability,
            attachment=attachment if settings.attach_bytes else (lambda sha256: None),
        )

    return Place(
        name=settings.name,
        mode=settings.mode,
        patient=settings.patient,
        devices=_devices(settings),
        accept_simulated=settings.accept_simulated,
        horizon=Horizon(settings.start_horizon) if settings.start_horizon and not messages else None,
        told_from=_midnight(settings.start_horizon, site.zone) if settings.start_horizon and messages else None,
        dialect="hl7v2" if messages else "fhir",
        fhir=_version(settings),
        capability=capability,
        fold=fold_settings(config),
        large=Large(
            config.limits.large_plan_courses, config.limits.large_plan_percent, config.limits.large_plan_retractions
        ),
        mapping=_mapping(config, settings, namespaces, version, audiences, capability),
        version=version,
        key_system=f"{site.base}/sid/key",
        make_binding=binding,
    )


def fold_settings(config: Config) -> Settings:
    """What the fold needs to know of a configured site."""
    current = config.current
    return Settings(
        str(config.site.zone),
        timedelta(days=current.max_age_days),
        timedelta(minutes=current.infusion_max_age_minutes),
        timedelta(minutes=current.infusion_interval_minutes),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _version(settings: AnyDestination) -> Version:
    return "R4" if isinstance(settings, Hl7v2Destination) else settings.fhir_version


def _devices(settings: AnyDestination) -> str:
    return settings.devices if isinstance(settings, FhirDestination) else "own"


def _mapping(
    config: Config, settings: AnyDestination, namespaces: Namespaces, version: str,
    audiences: Moved, capability: CapabilityPlan,
) -> str:  # fmt: skip
    """A hash over everything but exports, decisions and time that decides what a chart says there."""
    site = config.site
    parts = [
        code_fingerprint(), str(site.zone), site.organisation, site.phone, site.base, site.key_system,
        config.current.max_age_days, config.current.infusion_max_age_minutes, config.current.infusion_interval_minutes,
        config.calculated.enabled, settings.single_values, settings.open_segment,
        settings.attach_bytes, settings.patient, _devices(settings), settings.start_horizon, settings.accept_simulated,
        [n.fingerprint for n in namespaces], version, sorted(audiences.items()), site.mr_region, _version(settings),
        [(one.type, one.instead) for one in capability.departures], settings.profiles,
    ]  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
