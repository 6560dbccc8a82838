"""Does a sentence ask for silence? What it says is put together from concepts, language by language; pure.

A list of phrases never ends: people say "stop", "send", "me" and "offers" in every order. Here a language names the
words of each concept (`opt_out/LANGUAGE.csv`), and a clause asks for silence where concepts stand together: to cease
and to send, not and send and me, to remove and number. Such a sentence is likely an opt-out, never an exact one.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

FOLDER = "opt_out"
SEPARATOR = "|"
ANY_ENDING = "*"
SHORT_WORDS_MAX = 3
"""So short an answer needs no word for what is meant: "don't write", "finish now" are about these messages."""
LEAVE_REACH_WORDS = 2
"""A negation so close before the word of leaving turns it round: "I don't want to unsubscribe" does not leave."""

BEGINNING_LENGTH_MAX = 14
"""Beginnings of words are looked up by so many letters at most; longer ones are cut to it."""
SPELT_BY_EAR = frozenset({"aeb-latn", "arq", "ary-latn", "zgh"})
"""Languages that people write in Latin letters as they hear them: vowels and doubled letters say little."""
SKELETON_LENGTH_MIN = 3
"""Shorter skeletons stand for too many words."""
PHRASE_WORDS_MAX = 8
"""Words of the longest phrase a language may name."""
UNSPACED_LANGUAGES = frozenset({"zh", "ja"})

Normalise = Callable[[str], str]


class Concept(StrEnum):
    """What words of a language can mean here."""

    CEASE = "cease"
    """To end something: stop, arrêtez."""
    SEND = "send"
    """To send, write, contact, call, disturb."""
    REFUSE = "refuse"
    """Verbs of sending or wanting that say no by themselves: gönderme, matsiftouch."""
    MESSAGE = "message"
    """Messages, offers, advertising."""
    NEGATION = "negation"
    WANT = "want"
    """To want, to receive, to be interested."""
    ANYMORE = "anymore"
    """Any more, again, ever; and the person themself: me, to me."""
    REMOVE = "remove"
    """To delete, take off, forget."""
    ADDRESS = "address"
    """Number, list, contacts, data."""
    LEAVE = "leave"
    """To unsubscribe, to sign off: enough by itself."""
    ALONE = "alone"
    """Phrases that are enough by themselves: leave me alone."""
    ENOUGH = "enough"
    """No more, enough of."""
    GOODS = "goods"
    """Order, parcel, appointment: what else can be stopped, not sent or removed."""
    SAFE = "safe"
    """Phrases that look like it and are not: bus stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A word or phrase of one language; `rest` are the words after the first, those with a star any ending."""

    language: str
    concept: Concept
    rest: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lexicon:
    """All entries by their first word, by its beginning, and by language for texts without spaces."""

    whole: dict[str, list[_Entry]]
    beginnings: dict[str, list[_Entry]]
    whole_skeletons: dict[str, list[_Entry]]
    skeletons: dict[str, list[_Entry]]
    signs: dict[str, dict[Concept, list[str]]]


_Combination = tuple[AbstractSet[Concept], AbstractSet[Concept]]
"""Concepts that must stand in a clause, and those that must not."""
Places = dict[Concept, list[tuple[int, int]]]
"""Where concepts stand in a clause, as word positions from and to."""


def asks_in_words(clauses: Sequence[Sequence[str]], normalise: Normalise) -> bool:
    """Return whether a clause of normalised words asks for silence in any language."""
    lexicon = _read_lexicon(normalise)
    found = [(len(clause), _places(clause, lexicon)) for clause in dict.fromkeys(map(tuple, clauses))]
    if any(_asks(places, length) for length, several in found for places in several.values()):
        return True
    return _asks_over_clauses([several for _, several in found])


def asks_in_signs(text: str, normalise: Normalise) -> bool:
    """Return the same of a text whose script has no spaces."""
    return any(_asks_unspaced(text, entries) for entries in _read_lexicon(normalise).signs.values())


def _asks_over_clauses(found: Sequence[Mapping[str, Places]]) -> bool:
    """Return whether one clause names the number and another asks to remove it: "this is not her number, delete it"."""
    for language in {one for several in found for one in several}:
        has = {
            concept for several in found for concept, places in several.get(language, {}).items() if places
        }
        removes = any(
            several.get(language, {}).get(Concept.REMOVE) and not several[language].get(Concept.NEGATION)
            for several in found
        )
        if removes and Concept.ADDRESS in has and Concept.GOODS not in has:
            return True
    return False


def _places(clause: Sequence[str], lexicon: _Lexicon) -> dict[str, Places]:
    """Return the concepts of a clause by language; what stands in a safe phrase of any language counts for nothing."""
    found: dict[str, Places] = {}
    # The same words over and over are looked up once.
    meant: dict[tuple[str, ...], list[_Entry]] = {}
    for at in range(len(clause)):
        words = tuple(clause[at : at + PHRASE_WORDS_MAX])
        entries = meant.get(words)
        if entries is None:
            entries = meant[words] = _meant(words, lexicon)
        for entry in entries:
            place = (at, at + 1 + len(entry.rest))
            found.setdefault(entry.language, {}).setdefault(entry.concept, []).append(place)
    safe = [one for places in found.values() for one in places.get(Concept.SAFE, ())]
    return {language: _without(safe, places) for language, places in found.items()} if safe else found


def _without(safe: Sequence[tuple[int, int]], places: Places) -> Places:
    covered = {at for start, end in safe for at in range(start, end)}
    return {
        concept: [place for place in several if place[0] not in covered]
        for concept, several in places.items()
    }


def _meant(words: Sequence[str], lexicon: _Lexicon) -> list[_Entry]:
    """Return the entries that the first of these words begins and the next ones go on with."""
    return [
        entry
        for entry in _entries(words[0], lexicon)
        if not entry.rest or _continues(words[1 : 1 + len(entry.rest)], entry.rest)
    ]


def _entries(word: str, lexicon: _Lexicon) -> Iterator[_Entry]:
    yield from lexicon.whole.get(word, ())
    for length in range(1, min(len(word), BEGINNING_LENGTH_MAX) + 1):
        yield from lexicon.beginnings.get(word[:length], ())
    skeleton = _skeleton(word)
    yield from lexicon.whole_skeletons.get(skeleton, ())
    for length in range(SKELETON_LENGTH_MIN, len(skeleton) + 1):
        yield from lexicon.skeletons.get(skeleton[:length], ())


_BY_EAR = (
    ("kh", "x"),
    ("5", "x"),
    ("7", "h"),
    ("8", "h"),
    ("9", "q"),
    ("gh", "g"),
    ("sh", "c"),
    ("ch", "c"),
    ("ss", "s"),
)
_SILENT = re.compile(r"[aeiouwy23]")
_DOUBLED = re.compile(r"(.)\1+")


def _skeleton(word: str) -> str:
    """Return the consonants of a word in one spelling; nothing for other scripts."""
    if not word.isascii():
        return ""
    for written, heard in _BY_EAR:
        word = word.replace(written, heard)
    return _DOUBLED.sub(r"\1", _SILENT.sub("", word))


def _continues(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(words) == len(wanted) and all(
        _is_meant(word, one) for word, one in zip(words, wanted, strict=True)
    )


def _is_meant(word: str, wanted: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith(ANY_ENDING) else word == wanted


def _asks(places: Places, length: int) -> bool:
    has = {concept for concept, several in places.items() if several}
    if Concept.GOODS in has:
        return False
    if Concept.ALONE in has or _leaves(places):
        return True
    return _combines(has, _COMBINATIONS) or (length <= SHORT_WORDS_MAX and _combines(has, _SHORT))


def _combines(has: AbstractSet[Concept], wanted: Sequence[_Combination]) -> bool:
    """Return whether concepts that stand together ask for silence."""
    return any(asked <= has and not denied & has for asked, denied in wanted)


_NONE: frozenset[Concept] = frozenset()
_DENIED = frozenset({Concept.NEGATION})
_COMBINATIONS: tuple[_Combination, ...] = (
    (frozenset({Concept.CEASE, Concept.SEND}), _DENIED),
    (frozenset({Concept.CEASE, Concept.MESSAGE}), _DENIED),
    (frozenset({Concept.NEGATION, Concept.SEND, Concept.MESSAGE}), _NONE),
    (frozenset({Concept.NEGATION, Concept.SEND, Concept.ANYMORE}), _NONE),
    (frozenset({Concept.NEGATION, Concept.WANT, Concept.MESSAGE}), _NONE),
    (frozenset({Concept.NEGATION, Concept.WANT, Concept.ANYMORE}), _NONE),
    (frozenset({Concept.REFUSE, Concept.MESSAGE}), _NONE),
    (frozenset({Concept.REFUSE, Concept.SEND}), _NONE),
    (frozenset({Concept.REFUSE, Concept.ANYMORE}), _NONE),
    (frozenset({Concept.REMOVE, Concept.ADDRESS}), _DENIED),
    (frozenset({Concept.ENOUGH, Concept.MESSAGE}), _NONE),
    (frozenset({Concept.ENOUGH, Concept.SEND}), _NONE),
)
_SHORT: tuple[_Combination, ...] = (
    (frozenset({Concept.CEASE}), _DENIED),
    (frozenset({Concept.REFUSE}), _NONE),
    (frozenset({Concept.NEGATION, Concept.SEND}), _NONE),
    (frozenset({Concept.REMOVE, Concept.ANYMORE}), _DENIED),
)


def _leaves(places: Places) -> bool:
    """Return whether somebody leaves without saying just before that they do not."""
    denied = [start for start, _ in places.get(Concept.NEGATION, ())]
    return any(
        not any(at - LEAVE_REACH_WORDS <= start < at for start in denied)
        for at, _ in places.get(Concept.LEAVE, ())
    )


def _asks_unspaced(text: str, entries: Mapping[Concept, Sequence[str]]) -> bool:
    for one in entries.get(Concept.SAFE, ()):
        text = text.replace(one, " ")
    has = {concept for concept, several in entries.items() if any(one in text for one in several)}
    if Concept.ALONE in has or (Concept.LEAVE in has and Concept.NEGATION not in has):
        return True
    return Concept.GOODS not in has and _combines(has, _COMBINATIONS)


@cache
def _read_lexicon(normalise: Normalise) -> _Lexicon:
    """Read the files of the languages once; every word passes through the normalisation of texts."""
    lexicon = _Lexicon(whole={}, beginnings={}, whole_skeletons={}, skeletons={}, signs={})
    folder = files(__package__).joinpath(FOLDER)
    for name in sorted(one.name for one in folder.iterdir() if one.name.endswith(".csv")):
        lines = folder.joinpath(name).read_text(encoding="utf-8").splitlines()
        _add_language(lexicon, name.removesuffix(".csv"), lines, normalise)
    return lexicon


def _add_language(lexicon: _Lexicon, language: str, lines: Iterable[str], normalise: Normalise) -> None:
    for row in csv.DictReader(line for line in lines if line and not line.startswith("#")):
        concept = Concept(row["concept"])
        for phrase in row["words"].split(SEPARATOR):
            first, *rest = (_read_word(word, normalise) for word in phrase.split())
            if len(rest) >= PHRASE_WORDS_MAX:
                raise ValueError(f"{language}: a phrase of more than {PHRASE_WORDS_MAX} words")
            entry = _Entry(language=language, concept=concept, rest=tuple(rest))
            if first.endswith(ANY_ENDING):
                lexicon.beginnings.setdefault(
                    first[:BEGINNING_LENGTH_MAX].removesuffix(ANY_ENDING), []
                ).append(entry)
            else:
                lexicon.whole.setdefault(first, []).append(entry)
            skeleton = _skeleton(first.removesuffix(ANY_ENDING)) if language in SPELT_BY_EAR else ""
            if len(skeleton) >= SKELETON_LENGTH_MIN:
                among = lexicon.skeletons if first.endswith(ANY_ENDING) else lexicon.whole_skeletons
                among.setdefault(skeleton, []).append(entry)
            if language in UNSPACED_LANGUAGES:
                lexicon.signs.setdefault(language, {}).setdefault(concept, []).append(
                    first.rstrip(ANY_ENDING)
                )


def _read_word(word: str, normalise: Normalise) -> str:
    return normalise(word) + (ANY_ENDING if word.endswith(ANY_ENDING) else "")
