"""Tell of an incident by e-mail, over a secured way to a mail server; the library blocks, so it works in a thread."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from rulecast.config import Settings
from rulecast.values.clock import Clock
from rulecast.wiring.alerts.message import AlertMessage, subject_of, text_of

TIMEOUT_SECONDS = 10
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Somebody who is told; without a role of everything."""

    address: str
    role: str = ""


class MailTeller:
    """Sends one e-mail a message to everybody whom it concerns."""

    def __init__(self, settings: Settings, clock: Clock, *, context: ssl.SSLContext | None = None) -> None:
        """Keep where to send; `context` names whom to trust instead of the system's authorities."""
        self._settings = settings
        self._clock = clock
        self._context = context
        self._addressees = read_addressees(settings.alert_email_to or "")

    @property
    def is_set_up(self) -> bool:
        """Return whether there is a mail server and somebody to tell."""
        return bool(self._settings.smtp_host and self._addressees)

    async def tell(self, message: AlertMessage) -> str:
        """Send one e-mail and return what went wrong; empty where the server took it for everybody."""
        settings = self._settings
        if settings.smtp_security == "none" and settings.smtp_host not in LOCAL_HOSTS:
            return "a mail server elsewhere needs tls or starttls"
        told = [one.address for one in self._addressees if not one.role or one.role in message.alerts]
        if not told:
            return ""
        try:
            refused = await asyncio.to_thread(self._send, self._letter(message, told), told)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return f"the mail server did not take it: {type(error).__name__}"
        return f"the mail server refused {len(refused)} of {len(told)} addresses" if refused else ""

    def _letter(self, message: AlertMessage, told: list[str]) -> EmailMessage:
        letter = EmailMessage()
        sender = self._settings.alert_email_from or self._addressees[0].address
        letter["From"] = sender
        letter["To"] = ", ".join(told)
        letter["Subject"] = subject_of(message)
        letter["Date"] = self._clock.now()
        # The same word told twice is one letter to every mail program.
        letter["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text_of(message))
        return letter

    def _send(self, letter: EmailMessage, told: list[str]) -> dict[str, tuple[int, bytes]]:
        settings, context = self._settings, self._context or ssl.create_default_context()
        host, port = settings.smtp_host or "", settings.smtp_port
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password or "")
            return server.send_message(letter, to_addrs=told)


def read_addressees(text: str) -> tuple[Addressee, ...]:
    """Return who is told; `role:address` hears only what concerns the role."""
    found = []
    for one in (part.strip() for part in text.split(",")):
        role, sign, address = one.rpartition(":")
        if one:
            found.append(Addressee(address=address, role=role if sign else ""))
    return tuple(found)
