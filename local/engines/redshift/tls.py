"""The TLS identity of the wire servers: a certificate authority of this home's own, and one server certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


def server_context(directory: Path) -> ssl.SSLContext:
    """A TLS context for the listeners; writes ``ca.pem`` into the directory for clients to trust.

    The private keys stay in memory.
    """
    authority = trustme.CA(organization_name="Interline local AWS")
    directory.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context
