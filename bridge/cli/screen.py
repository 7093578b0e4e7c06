"""Standard output as a terminal sees it; apart from `output`, so that nothing is loaded for errors and JSON."""

from __future__ import annotations

from rich.console import Console


class Screen(Console):
    """A console that says when its reader has gone, instead of leaving with a status of its own."""

    def on_broken_pipe(self) -> None:
        """Raises BrokenPipeError, which ends the command quietly."""
        raise BrokenPipeError
