"""Which encoding a text file has: told for certain, or refused.

A byte order mark, or being valid UTF-8 from end to end, is proof. For the old 8-bit encodings every candidate is
tried: it is plausible when nearly every word with a special letter is a word of one of its languages. Where two
plausible candidates read the words differently, nothing is guessed.
"""

import codecs
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from rulecast.collect.imports.errors import EncodingUnsureError, FileTooLargeError
from rulecast.collect.imports.limits import FILE_BYTES_MAX

CHUNK_BYTES = 1 << 20
# Words beyond these add no evidence.
WORDS_MAX = 20_000
# Names and places contain foreign words: so many of a hundred words must fit the language.
PLAUSIBLE_SHARE = 0.97
# Share of NUL bytes at every second place from which a file is UTF-16 without its mark.
NUL_SHARE = 0.3

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_PUNCTUATION = "’‘“”«»–—…€°ºª·•£№®™´،؛؟\xa0"  # noqa: RUF001 - these very characters

_WESTERN = (
    "àâæçéèêëîïôœùûüÿ",
    "áéíóúüñ",
    "àáâãçéêíóôõúü",
    "àèéìíîòóùú",
    "äöüß",
    "áéëïóöüè",
    "åäöæøé",
    "àçèéíïóòúü",
)
_CENTRAL = ("ąćęłńóśźż", "áäčďéěíĺľňóôŕřšťúůýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž")
_TURKISH = ("çğıöşüâîûi̇",)  # noqa: RUF001 - the dotless letter is meant
_CYRILLIC = ("".join(map(chr, range(0x400, 0x500))),)
_GREEK = ("".join(map(chr, range(0x370, 0x400))),)
_HEBREW = ("".join(map(chr, range(0x590, 0x600))),)
_ARABIC = "".join(map(chr, range(0x600, 0x700)))

_LATIN = frozenset("".join(map(chr, range(0x80, 0x250))) + "\u0307")

# Alphabets beyond ASCII of the languages written in each encoding. Arabic lists hold French words too.
CANDIDATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cp1252", _WESTERN),
    ("cp1256", (_ARABIC + _WESTERN[0],)),
    ("cp1250", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1251", _CYRILLIC),
    ("cp1253", _GREEK),
    ("cp1255", _HEBREW),
    ("mac_roman", _WESTERN),
    ("cp850", _WESTERN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSurvey:
    """What one pass over the bytes tells: size, hash, and the encoding."""

    encoding: str
    file_hash: bytes


def survey_text(stream: BinaryIO, named_encoding: str | None) -> TextSurvey:
    """Read all bytes once; hash them and tell the encoding.

    Raises:
        EncodingUnsureError: it cannot be told, or the named one does not exist.
        FileTooLargeError: there are more bytes than an import may have.
    """
    evidence = _Evidence()
    for chunk in _chunks(stream):
        evidence.add(chunk)
    evidence.finish()
    encoding = _known(named_encoding) if named_encoding else evidence.encoding()
    return TextSurvey(encoding=encoding, file_hash=evidence.digest.digest())


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    size_bytes = 0
    while chunk := stream.read(CHUNK_BYTES):
        size_bytes += len(chunk)
        if size_bytes > FILE_BYTES_MAX:
            raise FileTooLargeError(f"The text has more than {FILE_BYTES_MAX // 1024**3} GiB.")
        yield chunk


def _known(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", True):
        raise EncodingUnsureError(f"There is no text encoding named {name!r}.")
    return codec.name


class _Evidence:
    """Gathers what the bytes say, chunk by chunk."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")("strict")
        self._words: Counter[bytes] = Counter()
        self._head = b""

    def add(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        if len(self._head) < CHUNK_BYTES:
            self._head += chunk
        if self._utf8 is not None:
            try:
                self._utf8.decode(chunk)
            except UnicodeDecodeError:
                self._utf8 = None
        if len(self._words) < WORDS_MAX and not chunk.isascii():
            self._words.update(_WORD.findall(chunk))

    def finish(self) -> None:
        if self._utf8 is not None:
            try:
                self._utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                self._utf8 = None

    def encoding(self) -> str:
        for mark, encoding in _MARKS:
            if self._head.startswith(mark):
                return encoding
        without_mark = _utf16_without_mark(self._head)
        if without_mark:
            return without_mark
        return "utf-8" if self._utf8 is not None else self._eight_bit()

    def _eight_bit(self) -> str:
        readings: dict[tuple[str, ...], str] = {}
        for encoding, alphabets in CANDIDATES:
            reading = _reading(self._words, encoding)
            if reading is not None and _is_plausible(reading, self._words, alphabets):
                readings.setdefault(tuple(reading), encoding)
        if len(readings) == 1:
            return next(iter(readings.values()))
        if readings:
            names = ", ".join(readings.values())
            raise EncodingUnsureError(
                f"The text could be in any of {names}, and names would read differently."
            )
        guess = from_bytes(self._head[: CHUNK_BYTES // 4]).best()
        perhaps = f" It might be {guess.encoding}." if guess is not None else ""
        raise EncodingUnsureError(
            f"The text is not UTF-8 and fits no language of an older encoding.{perhaps}"
        )


def _utf16_without_mark(head: bytes) -> str | None:
    pairs = len(head) // 2
    if pairs == 0:
        return None
    for encoding, zero_at in (("utf-16-le", 1), ("utf-16-be", 0)):
        if head[zero_at::2].count(0) / pairs >= NUL_SHARE and head[1 - zero_at :: 2].count(0) == 0:
            return encoding
    return None


def _reading(words: Counter[bytes], encoding: str) -> list[str] | None:
    try:
        return [word.decode(encoding) for word in words]
    except UnicodeDecodeError:
        return None


def _is_plausible(reading: list[str], words: Counter[bytes], alphabets: tuple[str, ...]) -> bool:
    """Return whether one of the alphabets covers nearly all of the words."""
    total = words.total()
    for alphabet in alphabets:
        letters = frozenset(alphabet + alphabet.upper())
        fitting = sum(
            count for word, count in zip(reading, words.values(), strict=True) if _is_word(word, letters)
        )
        if fitting >= total * PLAUSIBLE_SHARE:
            return True
    return False


def _is_word(text: str, letters: frozenset[str]) -> bool:
    """Return whether a text is a word: its letters are of the alphabet, one script, and not oDdly cased."""
    for word in re.split(f"[{_PUNCTUATION}]", text):
        special = [character for character in word if not character.isascii()]
        if not letters.issuperset(special):
            return False
        # Latin and another script never meet inside one word.
        if special and special[0] not in _LATIN and len(special) != len(word):
            return False
        has_cases = word.lower() != word.upper()
        if has_cases and not (word.islower() or word[1:].islower() or word.isupper() or not word[1:]):
            return any(_is_compound(word, cut) for cut in range(2, len(word)))
    return True


def _is_compound(word: str, cut: int) -> bool:
    """Return whether the word is two capitalised ones written together, as MacÉwan."""
    return word[:cut].istitle() and word[cut:].istitle()
