"""`rulecast coupon`: pools of codes, filled from files and shown without their codes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.gate.coupons.declared import (
    LOW_STOCK_MAX,
    VALID_HOURS_MAX,
    VALID_HOURS_USUAL,
    DeclaredPool,
)
from rulecast.gate.coupons.records import Stock
from rulecast.wiring.coupons import (
    import_coupons,
    list_coupons,
    put_back_coupons,
    retire_coupons,
    show_coupons,
)
from rulecast.wiring.redemptions import import_redemptions
from rulecast.wiring.workspace import Workspace

PIPE = Path("/dev/stdin")
LINES_SHOWN = 20
"""More lines than these are counted, not named."""
PoolArgument = Annotated[str, typer.Argument(help="Name of the pool, as rules write it.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Pools of coupon codes.", rich_markup_mode=None)
    app.add_typer(group, name="coupon")
    _add_import(group)
    _add_list(group)
    _add_show(group)
    _add_retire(group)
    _add_put_back(group)
    _add_redeem(group)


def _add_import(group: typer.Typer) -> None:
    @group.command("import")
    def import_command(
        context: typer.Context,
        pool: PoolArgument,
        file: Annotated[
            Path, typer.Argument(help="One code a line, or a CSV with the columns code and expires.")
        ],
        low_stock: Annotated[
            int,
            typer.Option("--low-stock", min=0, max=LOW_STOCK_MAX, help="Codes a new pool keeps back."),
        ] = 0,
        valid_hours: Annotated[
            int,
            typer.Option(
                "--valid-hours",
                min=0,
                max=VALID_HOURS_MAX,
                help="Hours for which a code of a new pool has to hold when it is given.",
            ),
        ] = VALID_HOURS_USUAL,
        json: JsonOption = False,
    ) -> None:
        """Keep the codes of a file in a pool; the first import makes the pool."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            imported = await import_coupons(
                workspace,
                DeclaredPool(name=pool, low_stock=low_stock, valid_hours_min=valid_hours),
                source=file.name,
                text=await read_text_file(file),
            )
            if json:
                terminal.print_json({"new": imported.new, **asdict(imported.stock)})
            else:
                terminal.print(f"{imported.new:,} codes kept in {pool}.", _table([imported.stock]))

        run(context, work, acts=True)


def _add_list(group: typer.Typer) -> None:
    @group.command("list")
    def list_command(context: typer.Context, json: JsonOption = False) -> None:
        """List the pools and how many codes each has left."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stocks = await list_coupons(workspace)
            if json:
                terminal.print_json({"pools": [asdict(one) for one in stocks]})
            elif stocks:
                terminal.print(_table(stocks))
            else:
                terminal.print("There are no pools; `rulecast coupon import POOL FILE` makes one.")

        run(context, work)


def _add_show(group: typer.Typer) -> None:
    @group.command("show")
    def show_command(context: typer.Context, pool: PoolArgument, json: JsonOption = False) -> None:
        """Show what became of the codes of a pool; the codes themselves are never shown."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stock = await show_coupons(workspace, pool)
            if json:
                terminal.print_json(asdict(stock))
            else:
                terminal.print(*_told(stock))

        run(context, work)


def _add_retire(group: typer.Typer) -> None:
    @group.command("retire")
    def retire_command(context: typer.Context, pool: PoolArgument, json: JsonOption = False) -> None:
        """Give no more codes of a pool; what people hold stays theirs."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stock = await retire_coupons(workspace, pool)
            if json:
                terminal.print_json(asdict(stock))
            else:
                terminal.print(f"{pool} gives no more codes; rules that draw from it wait.")

        run(context, work, acts=True)


def _add_put_back(group: typer.Typer) -> None:
    @group.command("put-back")
    def put_back_command(
        context: typer.Context,
        pool: PoolArgument,
        because: Annotated[str, typer.Option("--because", help="How it is known that none was given.")],
        json: JsonOption = False,
    ) -> None:
        """Give codes again that were set aside when a restored database was accepted; none of them was given before."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            count = await put_back_coupons(workspace, pool, because=because)
            if json:
                terminal.print_json({"put_back": count})
            else:
                terminal.print(f"{count:,} codes of {pool} can be given again.")

        run(context, work, acts=True)


def _add_redeem(group: typer.Typer) -> None:
    @group.command("redeem")
    def redeem_command(
        context: typer.Context,
        file: Annotated[
            Path,
            typer.Argument(
                help="CSV with the columns code and at, and, where known, phone and value; - reads it from a pipe."
            ),
        ],
        json: JsonOption = False,
    ) -> None:
        """Count the codes that a shop took; each counts once, for the person who was given it."""

        async def work(workspace: Workspace, terminal: Terminal) -> int | None:
            source = PIPE if str(file) == "-" else file
            told = await import_redemptions(workspace, source=source.name, text=await read_text_file(source))
            if json:
                terminal.print_json(asdict(told))
            else:
                terminal.print(
                    f"{told.redeemed:,} codes counted, {told.by_others:,} of them brought by somebody else;"
                    f" {told.again:,} were counted before."
                )
                for what, found in (
                    ("codes are of no pool", told.unknown_lines),
                    ("codes were redeemed before, at another time", told.second_lines),
                ):
                    if found:
                        lines = ", ".join(map(str, found[:LINES_SHOWN]))
                        terminal.print(f"{len(found):,} {what}: lines {lines}.")
            return 1 if told.unknown_lines or told.second_lines else None

        run(context, work, acts=True)


def _told(stock: Stock) -> list[Table | str]:
    lines: list[Table | str] = [_table([stock])]
    lines.append(
        f"{stock.low_stock:,} codes are kept back; a code is given while it holds for {stock.valid_hours_min} hours."
    )
    if stock.low_since is not None:
        lines.append(f"Rules wait for codes since {stock.low_since:%Y-%m-%d %H:%M} UTC: import more.")
    if stock.retired_at is not None:
        lines.append(f"Retired on {stock.retired_at:%Y-%m-%d}.")
    if stock.ends_soon and stock.next_end is not None:
        lines.append(
            f"{stock.ends_soon:,} free codes can be given for a week at most; the first is void on "
            f"{stock.next_end:%Y-%m-%d}."
        )
    if stock.in_doubt:
        lines.append(
            f"{stock.in_doubt:,} codes may have been given before a restored database was accepted; nobody gets them."
        )
    if stock.set_aside:
        lines.append(f"{stock.set_aside:,} codes cannot be opened and are given to nobody.")
    if stock.given_twice:
        lines.append(
            f"{stock.given_twice:,} codes are with two people: a status proved an answer of Meta wrong."
        )
    return lines


def _table(stocks: list[Stock]) -> Table:
    table = Table(box=None)
    for heading in ("Pool", "Free", "Ends soon", "Reserved", "Given", "Redeemed", "Expired", "Kept back"):
        table.add_column(heading, justify="left" if heading == "Pool" else "right")
    for one in stocks:
        counts = (
            one.free,
            one.ends_soon,
            one.reserved,
            one.given,
            one.redeemed,
            one.expired,
            one.low_stock,
        )
        table.add_row(one.name, *(f"{count:,}" for count in counts))
    return table
