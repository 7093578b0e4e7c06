"""Where charts go: a FHIR server, a folder."""
