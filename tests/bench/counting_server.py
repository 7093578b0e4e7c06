"""A FHIR server that only counts: it reads each Bundle, answers every entry as stored, and keeps nothing.

Versions follow what the client says (If-Match and one more), so it needs no memory and costs the bridge little. It
serves loopback until its standard input ends, and says its port in its first line.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.capabilities import Capabilities, capability_statement

_FHIR = "application/fhir+json"


class Counting(BaseHTTPRequestHandler):
    """One connection, kept open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    counted = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        """What it can do; of anything else that it is not there; `/counted`: how many were stored."""
        if self.path.endswith("/metadata"):
            self._answer(200, capability_statement(Capabilities()))
        elif self.path.endswith("/counted"):
            self._answer(200, {"counted": Counting.counted})
        elif "?" in self.path:
            self._answer(200, {"resourceType": "Bundle", "type": "searchset", "total": 0})
        else:
            self._answer(404, {"resourceType": "OperationOutcome", "issue": []})

    def do_POST(self) -> None:
        """A transaction, or a batch of looks."""
        bundle = json.loads(self._body())
        entries = [_stored(entry["request"]) for entry in bundle["entry"]]
        self._count(sum("etag" in entry for entry in entries))
        kind = f"{bundle['type']}-response"
        self._answer(200, {"resourceType": "Bundle", "type": kind, "entry": [{"response": e} for e in entries]})

    def do_PUT(self) -> None:
        """One resource."""
        json.loads(self._body())
        said = _stored({"method": "PUT", "ifMatch": self.headers.get("If-Match", "")})
        self._count(1)
        self._answer(int(said["status"][:3]), None, {"ETag": said["etag"]})

    def _count(self, more: int) -> None:
        with self.lock:
            Counting.counted += more

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Type": _FHIR, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """It says nothing."""


def _stored(request: dict[str, str]) -> dict[str, str]:
    if request["method"] == "GET":
        return {"status": "404 Not Found"}
    version = request.get("ifMatch", "").strip('W/"')
    if version:
        return {"status": "200 OK", "etag": f'W/"{int(version) + 1}"'}
    return {"status": "201 Created", "etag": 'W/"1"'}


def main() -> None:
    """Serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Counting)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
