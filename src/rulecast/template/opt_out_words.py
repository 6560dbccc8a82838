"""Words by which a person recognises a way to stop the messages, for checking what we send."""

import ahocorasick

from rulecast.values.catalogue import fold_text

# Wording of buttons and footers in the languages templates are written in; stems, so that endings do not matter.
# What people *answer* is matched elsewhere and far more widely.
WORDS = (
    "stop", "unsubscribe", "opt out", "opt-out", "optout", "no more messages",
    "désabonn", "desabonn", "désinscri", "desinscri", "ne plus recevoir", "arrêt", "arret",
    "إلغاء", "الغاء", "إيقاف", "ايقاف", "توقف", "أوقف",
    "baja", "cancelar", "no recibir", "darse de baja", "parar", "sair", "descadastr",
    "abmelden", "abbestellen", "disiscriv", "annulla", "afmelden", "uitschrijven",
    "iptal", "отпис", "стоп", "退订", "停止", "berhenti", "रोकें",
)  # fmt: skip


def _machine() -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    for word in WORDS:
        machine.add_word(fold_text(word), fold_text(word))
    machine.make_automaton()
    return machine


_MACHINE = _machine()


def says_opt_out(text: str) -> bool:
    """Return whether a text tells how to stop the messages, in one of the languages known here."""
    folded = fold_text(text)
    return any(_begins_word(folded, end - len(word) + 1) for end, word in _MACHINE.iter(folded))


def _begins_word(text: str, start: int) -> bool:
    # `non-stop` is no way out; scripts without spaces or with prefixed articles are not asked.
    before = text[start - 1 : start]
    return not text[start].isascii() or not (before.isalnum() or before == "-")
