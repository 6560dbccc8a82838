"""Somebody else's client library works against `rulecast simulator` unchanged: it believes it talks to Meta."""

import asyncio
import io
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from PIL import Image
from pywa import WhatsApp
from pywa import types as kinds
from pywa.errors import BulkBlockingFailed, ExpiredAccessToken, TemplateNotExists
from pywa.types import templates as parts
from pywa.types.templates import ParamFormat, TemplateCategory, TemplateLanguage, TemplateStatus
from tests.conftest import ROOT_KEY
from tests.database import cloned_database

from rulecast.database import Database
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY

ROOT = Path(__file__).parents[2]
TOKEN = "the-token-to-send"
ASHA = "+212600000101"
NUMBER = "106540352242922"
ACCOUNT = "102290129340398"
APP = "670843887433847"
PORTFOLIO = "2729063490586005"


class Rerouted(httpx.HTTPTransport):
    """Carries what is meant for Meta's hosts to the simulator; everything else about a request stays."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._target = httpx.URL(url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = self._target
        request.url = request.url.copy_with(scheme=target.scheme, host=target.host, port=target.port)
        return super().handle_request(request)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a `rulecast simulator` process on a workspace with one number."""
    with cloned_database(MAIN_DIRECTORY) as main, cloned_database(KEYS_DIRECTORY) as keys:
        asyncio.run(_declare_number(main))
        process = subprocess.Popen(
            [sys.executable, "-m", "rulecast", "simulator"],
            env={
                "PATH": "",
                "PYTHONPATH": str(ROOT / "src"),
                "RULECAST_HOME": str(tmp_path_factory.mktemp("home")),
                "RULECAST_DATABASE_URL": main,
                "RULECAST_KEYS_DATABASE_URL": keys,
                "RULECAST_ROOT_KEY": ROOT_KEY,
                "RULECAST_GRAPH_BASE_URL": f"http://127.0.0.1:{_free_port()}",
                "RULECAST_APP_SECRET": "a-secret-of-thirty-two-characters",
                "RULECAST_VERIFY_TOKEN": "the-word-to-verify",
                "RULECAST_ACCESS_TOKEN": TOKEN,
            },
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            process.communicate(timeout=60)


async def _declare_number(conninfo: str) -> None:
    database = await Database(conninfo, pool_size=1).open()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO account.portfolio (portfolio_id) VALUES ('portfolio')")
        await connection.execute(
            "INSERT INTO account.business_number (business_number_id, portfolio_id, name, waba_id)"
            " VALUES (%s, 'portfolio', 'shop', %s)",
            (NUMBER, ACCOUNT),
        )
    await database.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stranger(WhatsApp):
    """The library's client, which knows no end; the test closes its connections."""

    def close(self) -> None:
        self.api._session.close()


def client_of(url: str, token: str = TOKEN) -> Stranger:
    return Stranger(
        phone_id=NUMBER,
        token=token,
        waba_id=ACCOUNT,
        app_id=APP,
        business_portfolio_id=PORTFOLIO,
        session=httpx.Client(transport=Rerouted(url)),
    )


@pytest.fixture(scope="module")
def stranger(url: str) -> Iterator[WhatsApp]:
    with closing(client_of(url)) as client:
        yield client


@pytest.fixture(scope="module")
def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "green").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def promo(stranger: WhatsApp) -> str:
    """The id of an approved template with a header, named parameters and two kinds of buttons."""
    created = stranger.create_template(
        parts.Template(
            name="seasonal_promotion",
            language=TemplateLanguage.ENGLISH_US,
            category=TemplateCategory.MARKETING,
            parameter_format=ParamFormat.NAMED,
            components=[
                parts.HeaderText(text="Our {{sale_name}} is on!", sale_name="Summer Sale"),
                parts.BodyText(
                    text="Hi {{first_name}}, shop until {{end_date}} and get something off in store.",
                    first_name="Pablo",
                    end_date="31 August",
                ),
                parts.FooterText(text="Tap Stop promotions to opt out"),
                parts.Buttons(
                    buttons=[
                        parts.QuickReplyButton(text="Stop promotions"),
                        parts.URLButton(text="Shop now", url="https://shop.example/{{1}}", example="abc"),
                    ]
                ),
            ],
        )
    )
    assert created.status is TemplateStatus.APPROVED
    return created.id


def test_a_stranger_sends_a_template(stranger: WhatsApp, promo: str) -> None:
    sent = stranger.send_template(
        ASHA,
        name="seasonal_promotion",
        language=TemplateLanguage.ENGLISH_US,
        params=[
            parts.HeaderText.params(sale_name="Spring Sale"),
            parts.BodyText.params(first_name="Asha", end_date="Sunday"),
            parts.QuickReplyButton.params(index=0, callback_data="optout:marketing:v1"),
            parts.URLButton.params(index=1, url_variable="x1"),
        ],
    )
    assert sent.id.startswith("wamid.")
    assert (sent.input, sent.chat.id, sent.status.value) == (ASHA, ASHA[1:], "accepted")


def test_a_stranger_sends_text_buttons_and_a_list(stranger: WhatsApp) -> None:
    sent = [
        stranger.send_message(ASHA, "Hello"),
        stranger.send_message(
            ASHA,
            "Choose",
            header="Delivery",
            footer="No hurry",
            buttons=[kinds.Button("Today", "today"), kinds.Button("Tomorrow", "tomorrow")],
        ),
        stranger.send_message(
            ASHA,
            "Pick one",
            buttons=kinds.SectionList(
                "Open", [kinds.Section("Sizes", [kinds.SectionRow("Small", "s", "Fits most")])]
            ),
        ),
        stranger.send_message(ASHA, "See", buttons=kinds.URLButton("See", "https://shop.example")),
        stranger.send_location(ASHA, 37.44, -122.16, "Store", "1 Main St"),
    ]
    sent.append(stranger.send_reaction(ASHA, "👍", sent[0].id))
    assert len({message.id for message in sent}) == 6
    assert stranger.mark_message_as_read(sent[0].id).success
    assert stranger.indicate_typing(sent[0].id).success


def test_a_stranger_uploads_media_and_sends_it_by_id(stranger: WhatsApp, picture: bytes) -> None:
    media = stranger.upload_media(picture, mime_type="image/png", filename="a.png")
    assert stranger.send_image(ASHA, media.id, caption="A picture").id.startswith("wamid.")
    assert stranger.send_image(ASHA, picture, mime_type="image/png").uploaded_media is not None
    found = stranger.get_media_url(media.id)
    assert (found.mime_type, found.file_size) == ("image/png", len(picture))
    assert stranger.get_media_bytes(found.url) == picture
    assert stranger.delete_media(media.id).success


def test_a_stranger_makes_and_lists_templates(stranger: WhatsApp, promo: str, picture: bytes) -> None:
    illustrated = stranger.create_template(
        parts.Template(
            name="with_picture",
            language=TemplateLanguage.FRENCH,
            category=TemplateCategory.MARKETING,
            components=[
                parts.HeaderImage(example=picture),
                parts.BodyText(text="Bonjour à tous, venez nous voir."),
            ],
        )
    )
    listed = {template.name for template in stranger.get_templates()}
    assert {"seasonal_promotion", "with_picture"} <= listed
    details = stranger.get_template(promo)
    assert details.parameter_format is ParamFormat.NAMED
    assert details.components[0].text == "Our {{sale_name}} is on!"
    sent = stranger.send_template(
        ASHA,
        name="with_picture",
        language=TemplateLanguage.FRENCH,
        params=[parts.HeaderImage.params(image=picture, mime_type="image/png")],
        use_mm_lite_api=True,
        message_activity_sharing=False,
    )
    assert sent.status.value == "accepted"
    assert stranger.delete_template("with_picture", template_id=illustrated.id).success


def test_a_stranger_reads_numbers_and_the_account(stranger: WhatsApp) -> None:
    number = stranger.get_business_phone_number()
    assert (number.id, number.quality_rating) == (NUMBER, "GREEN")
    assert [one.id for one in stranger.get_business_phone_numbers()] == [NUMBER]
    assert stranger.get_business_account().id == ACCOUNT
    assert stranger.update_business_profile(about="We sell plants")
    assert stranger.get_business_profile().about == "We sell plants"


def test_a_stranger_recognises_the_refusals(stranger: WhatsApp, url: str) -> None:
    with pytest.raises(TemplateNotExists):
        stranger.send_template(ASHA, name="unknown", language=TemplateLanguage.FRENCH, params=[])
    with pytest.raises(BulkBlockingFailed):
        stranger.block_users([ASHA])
    with closing(client_of(url, "wrong")) as impostor, pytest.raises(ExpiredAccessToken):
        impostor.send_message(ASHA, "Hello")
