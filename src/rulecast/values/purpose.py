"""What a consent is for."""

from enum import StrEnum


class Purpose(StrEnum):
    """The closed list of purposes a person can consent to."""

    MARKETING = "marketing"
    SERVICE = "service"
    TRANSACTIONAL = "transactional"


class ConsentStatus(StrEnum):
    """What a person said at one moment about one purpose."""

    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
