"""Fetching a file asks public addresses alone, judged as they are connected to, and takes no more than it may (F96)."""

import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from aiohttp import web

from rulecast.template.media import MediaFetcher
from rulecast.template.media.address_guard import check_address, is_public
from rulecast.template.media.errors import MediaAddressError, MediaFetchError
from rulecast.template.media.fetch import read_from_disk

PRIVATE = """
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.254
192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 fe80::1
fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
64:ff9b::a9fe:a9fe 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:db8::1 100::1 nothing 1.2.3
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_f96_no_address_inside_a_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn.shop.example/a.jpg",
        "ftp://cdn.shop.example/a.jpg",
        "file:///etc/passwd",
        "https://user:secret@cdn.shop.example/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fe80::1%25eth0]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://cdn.shop.example:22/a.jpg",
        "https://cdn.shop.example:99999/a.jpg",
        "https:///a.jpg",
        "https://cdn.shop.example/a b.jpg",
        "https://cdn.shop.example/é.jpg",
        "https://cdn.shop.example/" + "a" * 2000,
        "http://localhost:8000/a.jpg",
        "not an address",
    ],
)
def test_f96_an_address_that_may_not_be_asked_is_refused_before_anything_is_resolved(address: str) -> None:
    with pytest.raises(MediaAddressError) as refused:
        check_address(address)
    assert "secret" not in refused.value.what


def test_a_simulated_workspace_may_ask_this_machine_by_http() -> None:
    assert check_address("http://127.0.0.1:8000/a.jpg", may_be_local=True).port == 8000
    with pytest.raises(MediaAddressError):
        check_address("http://10.0.0.1:8000/a.jpg", may_be_local=True)


PAGES: dict[str, Callable[[web.Request], web.StreamResponse]] = {
    "/a.jpg": lambda _: web.Response(body=b"picture", content_type="image/jpeg"),
    "/gone": lambda _: web.Response(status=404),
    "/large": lambda _: web.Response(body=bytes(5000)),
    "/packed": lambda _: web.Response(body=gzip.compress(bytes(10**6)), headers={"Content-Encoding": "gzip"}),
    "/metadata": lambda _: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"}),
    "/inside": lambda _: web.Response(
        status=307, headers={"Location": "https://intranet.shop.example/a.jpg"}
    ),
    "/round": lambda _: web.Response(status=301, headers={"Location": "/round"}),
    "/hop": lambda _: web.Response(status=301, headers={"Location": "a.jpg"}),
}


async def resolve(host: str, _port: int) -> Sequence[str]:
    """Know four names."""
    return {
        "localhost": ["127.0.0.1"],
        "intranet.shop.example": ["10.0.0.7"],
        "both.shop.example": ["93.184.216.34", "192.168.0.1"],
    }.get(host, [])


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return PAGES[request.path](request)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://localhost:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_f96_what_cannot_be_had_safely_is_not_had(server: str) -> None:
    async with MediaFetcher(may_be_local=True, resolve=resolve, bytes_max=4000) as fetcher:
        for path in ("/a.jpg", "/hop"):
            found = await fetcher.fetch(server + path)
            assert (found.content, found.told_type) == (b"picture", "image/jpeg")
        for path, kind, said in (
            ("/gone", MediaFetchError, "404"),
            ("/large", MediaFetchError, "larger than 4000"),
            ("/packed", MediaFetchError, "packs"),
            ("/metadata", MediaAddressError, "not https"),
            ("/inside", MediaAddressError, "not public"),
            ("/round", MediaFetchError, "redirects"),
        ):
            with pytest.raises(kind, match=said):
                await fetcher.fetch(server + path)
        for name in ("intranet", "both", "nowhere"):
            with pytest.raises(MediaAddressError, match="not public"):
                await fetcher.fetch(f"https://{name}.shop.example/a.jpg")


async def test_f96_a_name_that_turns_elsewhere_after_it_was_judged_changes_nothing() -> None:
    asked: list[str] = []

    async def turning(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    connected: list[str] = []

    async def connect(*, addr_infos: Sequence[tuple[object, ...]], **_options: object) -> object:
        connected.extend(str(one[4][0]) for one in addr_infos)  # type: ignore[index]  # a socket address
        raise ConnectionRefusedError

    from aiohttp import connector  # noqa: PLC0415 - the place where connections are opened

    patched = pytest.MonkeyPatch()
    patched.setattr(connector.aiohappyeyeballs, "start_connection", connect)
    try:
        async with MediaFetcher(resolve=turning) as fetcher:
            with pytest.raises(MediaFetchError):
                await fetcher.fetch("https://cdn.shop.example/a.jpg")
    finally:
        patched.undo()
    assert (asked, set(connected)) == (["cdn.shop.example"], {"93.184.216.34"})


async def test_a_file_of_this_machine_has_the_same_limit(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(bytes(100))
    assert len((await read_from_disk(tmp_path / "a.jpg")).content) == 100
    with pytest.raises(MediaFetchError, match="larger"):
        await read_from_disk(tmp_path / "a.jpg", bytes_max=99)
    with pytest.raises(MediaFetchError, match="No such file"):
        await read_from_disk(tmp_path / "b.jpg")
