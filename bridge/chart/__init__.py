"""A course written as FHIR R4 resources by key. Pure."""
