"""A certificate for one loopback address, made at run time. Owns the key. Must not know HTTP."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    import socket

LIFETIME = timedelta(days=1)
USES = {name: name in {"digital_signature", "key_cert_sign"} for name in (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")}


class SelfSigned:
    """Signs itself for `host` (an address) and for localhost; `pem` is what a client has to trust."""

    def __init__(self, host: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.pem = _certificate(host, key).public_bytes(Encoding.PEM).decode()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:       # OpenSSL takes a key from a file alone
            path = Path(folder, "server.pem")
            path.write_text(private + self.pem)
            self._context.load_cert_chain(path)

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """TLS over `connection`, before its handshake."""
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)


def _certificate(host: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Broadsheet test server")])
    address = x509.IPAddress(ipaddress.ip_address(host))
    names = x509.SubjectAlternativeName([address, x509.DNSName("localhost")])
    now = datetime.now(UTC)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(public).serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFETIME).not_valid_after(now + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**USES), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
