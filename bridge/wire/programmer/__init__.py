"""The messages of the programmer on a serial line, as docs/reference/serial-protocol.md gives them; read only."""
