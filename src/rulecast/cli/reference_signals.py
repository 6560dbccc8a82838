"""The manual's page of signals: what rests because of each, who is told, what a person does."""

from rulecast.gate.incidents.responses import RESPONSE_SENTENCES, signal_responses


def render_signals_page(generated: str) -> str:
    """Return the page of every signal and every response."""
    lines = [
        "# Signals and what rests because of them",
        "",
        generated,
        "",
        "The first row that fits a signal counts. `then` follows, a step at a time, when nobody takes the incident in",
        "hand in `RULECAST_INCIDENT_RAISE_MINUTES`, or when a signal that the incident machine answers itself comes",
        "again. Where nothing stands there, the incident is told again. Sections are those of Meta's documents as the",
        "project collected them; [incidents](../how-to/incidents.md) says how to work with them.",
        "",
        "| Signal | What happened | Rests | Then | Told | Source |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| `{one.signal}` | {one.meaning} | {one.response.value} | {', '.join(one.raises_to)} "
            f"| {', '.join(one.alerts)} | {one.source} |"
            for one in signal_responses()
        ),
        "",
        "| Rests | Meaning |",
        "| --- | --- |",
        *(f"| {response.value} | {sentence} |" for response, sentence in RESPONSE_SENTENCES.items()),
        "",
    ]
    return "\n".join(lines)
