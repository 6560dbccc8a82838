"""Which country a phone number belongs to, by its calling code."""

import re

_TABLE = (
    "1US 20EG 211SS 212MA 213DZ 216TN 218LY 220GM 221SN 222MR 223ML 224GN 225CI 226BF 227NE 228TG "
    "229BJ 230MU 231LR 232SL 233GH 234NG 235TD 236CF 237CM 238CV 239ST 240GQ 241GA 242CG 243CD 244AO "
    "245GW 246IO 247AC 248SC 249SD 250RW 251ET 252SO 253DJ 254KE 255TZ 256UG 257BI 258MZ 260ZM 261MG "
    "262RE 263ZW 264NA 265MW 266LS 267BW 268SZ 269KM 27ZA 290SH 291ER 297AW 298FO 299GL 30GR 31NL "
    "32BE 33FR 34ES 350GI 351PT 352LU 353IE 354IS 355AL 356MT 357CY 358FI 359BG 36HU 370LT 371LV "
    "372EE 373MD 374AM 375BY 376AD 377MC 378SM 380UA 381RS 382ME 383XK 385HR 386SI 387BA 389MK 39IT "
    "40RO 41CH 420CZ 421SK 423LI 43AT 44GB 45DK 46SE 47NO 48PL 49DE 500FK 501BZ 502GT 503SV 504HN "
    "505NI 506CR 507PA 508PM 509HT 51PE 52MX 53CU 54AR 55BR 56CL 57CO 58VE 590GP 591BO 592GY 593EC "
    "594GF 595PY 596MQ 597SR 598UY 599CW 60MY 61AU 62ID 63PH 64NZ 65SG 66TH 670TL 672NF 673BN 674NR "
    "675PG 676TO 677SB 678VU 679FJ 680PW 681WF 682CK 683NU 685WS 686KI 687NC 688TV 689PF 690TK 691FM "
    "692MH 7RU 81JP 82KR 84VN 850KP 852HK 853MO 855KH 856LA 86CN 880BD 886TW 90TR 91IN 92PK 93AF "
    "94LK 95MM 960MV 961LB 962JO 963SY 964IQ 965KW 966SA 967YE 968OM 970PS 971AE 972IL 973BH 974QA "
    "975BT 976MN 977NP 98IR 992TJ 993TM 994AZ 995GE 996KG 998UZ "
)
_COUNTRY_BY_CODE = {match[1]: match[2] for match in re.finditer(r"(\d+)([A-Z]{2})", _TABLE)}
CALLING_CODE_DIGITS_MAX = 3
UNKNOWN_COUNTRY = "ZZ"

# Area codes of +1 that are not in the United States: Canada, then the Caribbean and the Pacific.
_CANADA = re.findall(
    r"\d{3}",
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450 460 468 "
    "474 506 514 519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 "
    "819 825 867 873 879 902 905 942",
)
_ISLANDS = re.findall(
    r"\d{3}", "242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876"
)


def country_of(digits: str) -> str:
    """Return the ISO-3166 code of the main country of a number in digits, or `ZZ`."""
    if digits.startswith("1"):
        return _north_america(digits[1:4])
    for length in range(CALLING_CODE_DIGITS_MAX, 0, -1):
        country = _COUNTRY_BY_CODE.get(digits[:length])
        if country is not None:
            return country
    return UNKNOWN_COUNTRY


def has_us_area_code(digits: str) -> bool:
    """Return whether a number in digits is +1 with an area code of the United States or its territories.

    Marketing templates to these are not delivered (Cloud API docs: per-user marketing limits, United States).
    """
    return digits.startswith("1") and _north_america(digits[1:4]) == "US"


def _north_america(area_code: str) -> str:
    if area_code in _CANADA:
        return "CA"
    return "AG" if area_code in _ISLANDS else "US"
