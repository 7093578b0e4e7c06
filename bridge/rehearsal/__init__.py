"""A rehearsal: the whole job once, with a simulated pump, at a test server, before the first real write there.

Promises: what is written is simulated, says so, and stands in a namespace of its own; it goes through the product's own
path (accept, reconcile, the FHIR destination) out of a store that is thrown away; every wait has an end; whatever was
begun is cleaned up, or named. `target` says which servers are refused, `rehearse` is the whole.
"""
