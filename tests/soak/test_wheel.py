"""The built wheel works in an environment of its own, outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.demonstration import PATIENCE_SECONDS, ROOT, play_demo

PEOPLE, SEED = 2_000, 1
PACKAGES = ("rulecast", "cloud_api_simulator", "ledger_check")
# Nothing of them belongs into a release.
LEFTOVERS = ("__pycache__", ".egg-info")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the commit that is checked out, built without what else lies in the folder."""
    folder = tmp_path_factory.mktemp("wheel")
    _run("git", "clone", "--quiet", str(ROOT), str(folder / "source"))
    _run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
        *("--outdir", str(folder / "dist"), str(folder / "source")),
    )
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    listed = _run("git", "-C", str(ROOT), "ls-tree", "-r", "--name-only", "HEAD", "src").splitlines()
    wanted = {name.removeprefix("src/") for name in listed}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in PACKAGES}
    assert packed == wanted
    assert not [name for name in packed if any(one in name for one in LEFTOVERS)]


def test_the_wheel_plays_the_demonstration_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    _run(*(str(python), "-m", "pip", "install", "--quiet", "--require-hashes"), *_lock())
    _run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    bare = {"HOME": str(elsewhere), "PATH": os.defpath, "LANG": "C.UTF-8"}
    program = [str(python.with_name("rulecast"))]
    played = play_demo(elsewhere / "demo", people=PEOPLE, seed=SEED, program=program, environ=bare)
    assert played.figures["contacts"] == PEOPLE
    assert played.figures["accepted"] > 0


def _lock() -> tuple[str, str]:
    return ("-r", str(ROOT / "requirements.lock"))


def _run(*command: str) -> str:
    ended = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS * 2, cwd=ROOT
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
