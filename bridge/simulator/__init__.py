"""A simulated pump and its programmer: one model that every export, and the serial line, is made from.

Promises: everything says that it is simulated; no float; the same script or seed gives the same bytes. The bridge's own
path never imports this package: only `pumpbridge simulate` and the tests do. Nothing here is advice or a real device:
people, serials and lives are invented.
"""
