"""The configuration: one TOML file, read once, given to whoever needs it and fetched by nobody.

Promises: an unknown key, a wrong value, an unsafe mode or a file that others can write is refused with the file,
the key and the remedy; relative paths are relative to the file's folder; nothing else in the environment is read.
`model` says what can be set, `destinations` of each kind of destination, `reading` finds and checks the file, `text`
writes the template and the reference.
"""

from bridge.config.destinations import (
    AnyDestination,
    Destination,
    FhirDestination,
    FolderDestination,
    Hl7v2Destination,
)
from bridge.config.model import (
    Adapters,
    Calculated,
    Config,
    Current,
    Expected,
    Findings,
    Inbox,
    Limits,
    Site,
    Status,
    Store,
)
from bridge.config.reading import (
    ENVIRONMENT,
    SYSTEM_FILE,
    find,
    load,
    parse,
    read_audiences,
    read_capabilities,
    read_namespace,
)
from bridge.config.text import reference, template

__all__ = [
    "ENVIRONMENT",
    "SYSTEM_FILE",
    "Adapters",
    "AnyDestination",
    "Calculated",
    "Config",
    "Current",
    "Destination",
    "Expected",
    "FhirDestination",
    "Findings",
    "FolderDestination",
    "Hl7v2Destination",
    "Inbox",
    "Limits",
    "Site",
    "Status",
    "Store",
    "find",
    "load",
    "parse",
    "read_audiences",
    "read_capabilities",
    "read_namespace",
    "reference",
    "template",
]
