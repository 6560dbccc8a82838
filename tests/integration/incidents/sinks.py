"""Who is told in tests: a mail server that speaks enough SMTP over TLS, and an address that takes POSTs."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.canaries import kinds_in

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class MailServer:
    """What it took, and how it behaves."""

    port: int = 0
    trust: ssl.SSLContext | None = None
    letters: list[tuple[list[str], str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuses: bool = False


@dataclass(slots=True)
class Posts:
    """What was posted: headers in lower case, and bodies."""

    port: int = 0
    status: int = 200
    hangs: bool = False
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/alerts"


@asynccontextmanager
async def mail_server(directory: Path, *, starttls: bool = False) -> AsyncIterator[MailServer]:
    """Run a mail server under a certificate of its own."""
    running, secure, running_trust = MailServer(), *_contexts(directory)
    running.trust = running_trust

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            match word:
                case "EHLO":
                    writer.write(
                        b"250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"
                        if starttls
                        else b"250-test\r\n250 AUTH PLAIN\r\n"
                    )
                case "STARTTLS":
                    writer.write(b"220 go\r\n")
                    await writer.drain()
                    await writer.start_tls(secure)
                case "AUTH":
                    running.logins.append(line)
                    writer.write(b"235 ok\r\n")
                case "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
                    writer.write(b"250 ok\r\n")
                case "DATA":
                    writer.write(b"451 later\r\n" if running.refuses else b"354 go\r\n")
                    if not running.refuses:
                        letter = (await reader.readuntil(b"\r\n.\r\n")).decode()
                        running.letters.append((to, letter))
                        to = []
                        writer.write(b"250 taken\r\n")
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(talk, LOOPBACK, 0, ssl=None if starttls else secure)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
        assert kinds_in(str(running.letters)) == {}
    finally:
        server.close()


@asynccontextmanager
async def post_sink() -> AsyncIterator[Posts]:
    """Run an address that takes POSTs, refuses them, or never answers."""
    posts = Posts()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.splitlines()[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        posts.taken.append((headers, body))
        if posts.hangs:
            await posts.let_go.wait()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % posts.status)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    posts.port = server.sockets[0].getsockname()[1]
    try:
        yield posts
        assert kinds_in(str(posts.taken)) == {}
    finally:
        posts.let_go.set()
        server.close()


def _contexts(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = directory / "mail.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    trust = ssl.create_default_context(cafile=pem)
    trust.verify_flags &= (
        ~ssl.VERIFY_X509_STRICT if hasattr(ssl, "VERIFY_X509_STRICT") else trust.verify_flags
    )
    return server, trust
