"""JSON whose numbers keep their digits: 18.00 read and written again is 18.00.

Apart from the bridge's own exact JSON on purpose, so that a test does not ask the same code twice.
"""

import json
import re
from typing import Any

MARK = "\ue000"  # wraps the digits of a number while it is a str in memory; Unicode gives the character no meaning
MARKED = re.compile(f'"{MARK}([^{MARK}]*){MARK}"')


def read_json(data: bytes) -> dict[str, Any]:
    """Return JSON with each number as marked digits; raises ValueError for what is no JSON object."""
    if MARK.encode() in data or b"\\ue000" in data.lower():
        raise ValueError("U+E000 is used inside this server")
    value = json.loads(data, parse_float=marked, parse_int=marked, parse_constant=no_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def write_json(value: dict[str, Any]) -> bytes:
    """Return compact JSON in the order of the value, its numbers with the digits they came with."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return MARKED.sub(r"\1", text).encode()


def marked(digits: str) -> str:
    return f"{MARK}{digits}{MARK}"


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
