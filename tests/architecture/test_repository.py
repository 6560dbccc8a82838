"""What may not be committed, and what must be in step."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Spelled in pieces, so that this file does not find itself.
REGISTRY_HOSTS = re.compile(
    "py" + r"pi\.org|python" + r"hosted\.org|registry\.npm" + r"js\.org|deb\.deb" + r"ian\.org"
)
UNFINISHED = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + "Error|pragma: no " + "cover"
)


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_names_a_package_registry() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix != ".png" and REGISTRY_HOSTS.search(path.read_text("utf-8", errors="ignore"))
    ]
    assert found == []


def test_nothing_in_the_source_is_left_unfinished() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("src/*.py", "src/*.sql")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_every_requirement_is_pinned_with_a_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock"):
        text = (ROOT / name).read_text("utf-8")
        entries = re.findall(r"(?m)^[a-z0-9][^\n]*==[^\n]*\\\n    --hash=sha256:", text)
        names = re.findall(r"(?m)^[a-z0-9][A-Za-z0-9._-]*(\[[a-z,]+\])?==", text)
        assert names
        assert len(entries) == len(names)


def test_the_states_of_messages_and_reasons_are_in_the_glossary() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text("utf-8")
    migration = (ROOT / "src/rulecast/database/migrations/0006.gate_deliver.sql").read_text("utf-8")
    states = re.search(r"state text NOT NULL CHECK \(state IN \(\s*'planned'[^)]*\)", migration)
    assert states is not None
    missing = [state for state in re.findall(r"'([a-z]+)'", states[0]) if f"**{state}**" not in glossary]
    assert missing == []
