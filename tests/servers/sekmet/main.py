"""Starts the FHIR server SEKMET on 127.0.0.1 and says READY with its base address once it answers.

Arguments: longest lifetime in minutes (default 45), and `absolute` where it is to answer with absolute references. It
ends with its standard input, with the process that started it, or with its lifetime, so that a killed test run leaves
nothing behind. It stores in memory, plays no other hospital systems, and checks the structure of what it is sent.
"""

import os
import socket
import sys
import threading
import time

import uvicorn
from sekmet.config import ServerBehaviour, Settings, SimulatorSettings
from sekmet.main import create_app


def serve(minutes: float, absolute: bool) -> None:
    """Answer until nobody can want it any more."""
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}/fhir"
    quiet = SimulatorSettings(enabled=False, auto=[])
    settings = Settings(
        base_url=base, host="127.0.0.1", db_path=":memory:", simulator=quiet, log_inbound=False,
        server_behaviour=ServerBehaviour(absolute_references=absolute),
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error", lifespan="off"))
    threading.Thread(target=announce, args=(server, base), daemon=True).start()
    threading.Thread(target=read_to_end, daemon=True).start()
    threading.Thread(target=watch, args=(os.getppid(), time.monotonic() + minutes * 60), daemon=True).start()
    server.run(sockets=[listening])


def announce(server: uvicorn.Server, base: str) -> None:
    while not server.started:
        time.sleep(0.02)
    print(f"READY {base}", flush=True)


def read_to_end() -> None:
    """End with the standard input; what is said there does not matter."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def watch(parent: int, end: float) -> None:
    """End with the process that started this one, or with the longest lifetime."""
    while os.getppid() == parent and time.monotonic() < end:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    serve(float(sys.argv[1]) if len(sys.argv) > 1 else 45, "absolute" in sys.argv)
