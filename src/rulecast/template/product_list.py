"""A list of products as a person writes it: `Popular: SKU1, SKU2; New: SKU3`."""

from rulecast.template.messages.limits import all_distinct, count_within, token_within

SECTIONS_MAX = 10
PRODUCTS_MAX = 30
SECTION_TITLE_LENGTH_MAX = 24
PRODUCT_ID_LENGTH_MAX = 100
"""Cloud API, multi-product templates; ids as in catalogues."""


def read_product_list(place: str, text: str) -> list[tuple[str, list[str]]]:
    """Return headings with their products, in order; a heading ends with a colon, a section with a semicolon.

    Raises:
        MessageInvalidError: a heading or a product is missing, too long, twice there, or there are too many.
    """
    sections: list[tuple[str, list[str]]] = []
    for number, written in enumerate((one for one in text.split(";") if one.strip()), 1):
        title, _, products = written.rpartition(":")
        where = f"{place}[{number}]"
        sections.append(
            (
                token_within(f"{where}.title", title.strip(), length_max=SECTION_TITLE_LENGTH_MAX),
                [
                    token_within(where, one.strip(), length_max=PRODUCT_ID_LENGTH_MAX)
                    for one in products.split(",")
                ],
            )
        )
    count_within(place, len(sections), low=1, high=SECTIONS_MAX)
    listed = [one for _title, products in sections for one in products]
    count_within(place, len(listed), low=1, high=PRODUCTS_MAX)
    all_distinct(place, listed)
    return sections
