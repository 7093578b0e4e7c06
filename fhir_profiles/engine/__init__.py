"""The official HL7 validator engine, as a process: Java in `src`, built by Maven, asked by `process.py`."""
