"""A process that claims, finishes and gives back until nothing is due: `python -m tests.store.claiming STORE MARKS`.

While it has a lane it holds a file of that lane's name in MARKS, made exclusively: two holders of one lane fail.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bridge.store.open import open_store
from tests.store.samples import entry, plan


def main(path: str, marks: str) -> None:
    """Claim until nothing is left, and print each course that was finished."""
    store, owner = open_store(Path(path), ("real", "simulated")), str(os.getpid())
    while store.due("folder"):
        courses = store.claim("folder", owner, datetime.now(UTC), 600)
        if not courses:
            continue
        mark = Path(marks) / store.course(courses[0]).pump.serial.join("--")
        mark.touch(exist_ok=False)
        for course in courses:
            made = plan(course, entry(f"k{course}"), id=f"{owner}-{course}", covers=store.course(course).change)
            store.save_plan(made, sending=True)
            store.finish(made, datetime.now(UTC))
            sys.stdout.write(f"{course}\n")
        mark.unlink()
        for course in courses:
            store.release("folder", course, owner)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
