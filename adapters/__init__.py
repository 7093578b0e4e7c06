"""The adapters: one module a source format, found by entry point and never imported by name."""
