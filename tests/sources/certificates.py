"""Certificates for this host, made by openssl: each is its own authority."""

from __future__ import annotations

import subprocess
from pathlib import Path


def made(folder: Path, *names: str) -> Path:
    """Make NAME.pem and NAME.key for each name; the folder."""
    for name in names:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / f"{name}.key", "-out",
             folder / f"{name}.pem"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    return folder
