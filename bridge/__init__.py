"""The bridge: keeps hospital charts true to what intrathecal pumps recorded."""

__version__ = "0.1.0"
