"""A peer whose certificate is wrong gets no byte of a message, and nothing bypasses the check (F07)."""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.contract.test_transports import TOTAL_SECONDS, request

from rulecast.deliver.cloud_api import CloudApiTransport
from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.transport import NotSent, Transport

# Certificates are judged by the machine's clock, whatever clock the product is given.
NOW = datetime.now(UTC)  # noqa: TID251 - see above
LONG_AGO = NOW - timedelta(days=30)


def certify(folder: Path, name: str, *, until: datetime) -> Path:
    """Write a key and a certificate that vouches for itself, for this address until this instant."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    place = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(LONG_AGO)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([place]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "peer.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("name", "until", "is_trusted"),
    [
        ("127.0.0.1", NOW + timedelta(days=1), False),
        ("127.0.0.1", NOW - timedelta(days=1), True),
        ("graph.example.org", NOW + timedelta(days=1), True),
    ],
    ids=["unknown authority", "expired", "another host"],
)
@pytest.mark.parametrize("kind", ["lean", "general"])
async def test_a_wrong_certificate_gets_nothing_f07(
    tmp_path: Path, name: str, until: datetime, is_trusted: bool, kind: str
) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1))
        writer.close()

    path = certify(tmp_path, name, until=until)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(path)
    trusted = ssl.create_default_context()
    if is_trusted:
        trusted.load_verify_locations(path)
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=server_side)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with open_transport(kind, url, trusted) as transport:
        found = await transport.send(request())
    server.close()
    assert found == NotSent("tls_certificate")
    assert heard in ([], [b""])


def open_transport(kind: str, url: str, tls: ssl.SSLContext) -> AbstractAsyncContextManager[Transport]:
    if kind == "lean":
        return LeanTransport(
            base_url=url, version="v26.0", access_token="test", tls=tls, total_seconds=TOTAL_SECONDS
        )
    return CloudApiTransport(
        base_url=url,
        version="v26.0",
        access_token="test",
        connections_max=2,
        tls=tls,
        total_seconds=TOTAL_SECONDS,
    )
