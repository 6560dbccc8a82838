"""Texts, numbers, truth and lists: what a contact has."""

from tests.spec.tables import Chapter

VALUES: tuple[Chapter, ...] = (
    Chapter(
        title="Comparing text",
        text="Text is compared without regard to capital letters; there is no order among texts. Language and "
        "time zone are codes and keep their letters.",
        people="""
            person | city       | country
            Asha   | Casablanca | MA
            Bilal  | Rabat      | MA
            Chitra | Lyon       | FR
            Deepa  |            | TN
        """,
        cases=(
            ('city = "casablanca"', "Asha"),
            ('city = "CASABLANCA"', "Asha"),
            ('city in ("Casablanca", "Rabat")', "Asha Bilal"),
            ('city contains "a"', "Asha Bilal"),
            ('city starts with "ca"', "Asha"),
            ('country = "ma"', "Asha Bilal"),
        ),
    ),
    Chapter(
        title="Parts of texts",
        text="Letters count with their accents, without their case. Signs that databases read in a way of their "
        "own (`%`, `_`) are plain signs here. A list of texts after `in` is one of them, `not in` is none of "
        "them.",
        people="""
            person | city          | region               | language | zone
            Asha   | Casablanca    | Casablanca-Settat    | fr       | Africa/Casablanca
            Bilal  | Salé          | Rabat-Salé-Kénitra   | pt_BR    | Africa/Casablanca
            Chitra | Saint-Étienne | Auvergne-Rhône-Alpes | fr       | Europe/Paris
            Deepa  |               | Tunis                |          |
        """,
        cases=(
            ('city = "SALÉ"', "Bilal"),
            ('city = "Sale"', ""),
            ('city = "saint-étienne"', "Chitra"),
            ('city starts with "sa"', "Bilal Chitra"),
            ('city starts with "SAINT-É"', "Chitra"),
            ('city starts with "Casablanca"', "Asha"),
            ('city starts with "Casablanca "', ""),
            ('city starts with "_"', ""),
            ('not city starts with "sa"', "Asha Deepa"),
            ('city contains "LAN"', "Asha"),
            ('city contains "-"', "Chitra"),
            ('city contains "casablanca"', "Asha"),
            ('region contains "salé"', "Bilal"),
            ('region contains "%"', ""),
            ('region contains "_"', ""),
            ('city in ("salé", "CASABLANCA")', "Asha Bilal"),
            ('city not in ("Salé", "Casablanca")', "Chitra Deepa"),
            ('not city in ("Salé", "Casablanca")', "Chitra Deepa"),
            ('region != "TUNIS"', "Asha Bilal Chitra"),
            ('language = "pt_BR"', "Bilal"),
            ('language = "pt_br"', ""),
            ('language in ("fr", "ar")', "Asha Chitra"),
            ('zone = "Africa/Casablanca"', "Asha Bilal"),
            ("zone is missing", "Deepa"),
            ('zone starts with "Europe/"', "Chitra"),
        ),
    ),
    Chapter(
        title="Regular expressions",
        text="`matches` looks for the expression anywhere in the text, whatever the case of its letters; `^` and "
        "`$` are the ends of the text. The expressions are those of RE2, whose time grows with the length of "
        "the text alone; what RE2 lacks (looking around, references back) is refused.",
        people="""
            person | city
            Asha   | Casablanca
            Bilal  | Rabat
            Chitra | Lyon
            Deepa  |
        """,
        cases=(
            ('city matches "^casa"', "Asha"),
            ('city matches "^CASA"', "Asha"),
            ('city matches "casa$"', ""),
            ('city matches "a$"', "Asha"),
            ('city matches "a"', "Asha Bilal"),
            ('city matches "^(rabat|lyon)$"', "Bilal Chitra"),
            ('city matches "b.t$"', "Bilal"),
            ('city matches "^[a-m]"', "Asha Chitra"),
            ('city matches "^.{4}$"', "Chitra"),
            ('city matches "[0-9]"', ""),
            ('city matches "(ab|bl)a"', "Asha Bilal"),
            ('not city matches "^casa"', "Bilal Chitra Deepa"),
        ),
    ),
    Chapter(
        title="Comparing numbers",
        text="`between` counts both ends. Whole numbers compare with whole numbers, decimals with both.",
        people="""
            person | orders | balance
            Asha   | 3      | 19.99
            Bilal  | 0      | 0
            Chitra | 5      | -3.5
            Deepa  | 10     | 500
        """,
        cases=(
            ("orders = 3", "Asha"),
            ("orders != 3", "Bilal Chitra Deepa"),
            ("orders >= 5", "Chitra Deepa"),
            ("orders > 5", "Deepa"),
            ("orders between 3 and 5", "Asha Chitra"),
            ("orders in (0, 10)", "Bilal Deepa"),
            ("balance < 0", "Chitra"),
            ("balance >= 19.99", "Asha Deepa"),
        ),
    ),
    Chapter(
        title="Numbers at their edges",
        text="Money and other decimals are exact; 0 and 0.00 are one number.",
        people="""
            person | orders | balance
            Asha   | 3      | 19.99
            Bilal  | 0      | 0
            Chitra | 5      | -3.5
            Deepa  | 10     | 500
        """,
        cases=(
            ("orders < 3", "Bilal"),
            ("orders <= 3", "Asha Bilal"),
            ("orders not in (0, 10)", "Asha Chitra"),
            ("orders between 5 and 5", "Chitra"),
            ("not orders between 3 and 5", "Bilal Deepa"),
            ("not orders >= 5", "Asha Bilal"),
            ("balance = 0", "Bilal"),
            ("balance = 0.00", "Bilal"),
            ("balance = 19.99", "Asha"),
            ("balance > 19.98", "Asha Deepa"),
            ("balance > 19.99", "Deepa"),
            ("balance <= -3.5", "Chitra"),
            ("balance between -3.5 and 0", "Bilal Chitra"),
            ("balance != 19.99", "Bilal Chitra Deepa"),
            ("balance in (0, 500)", "Bilal Deepa"),
            ("not balance < 0", "Asha Bilal Deepa"),
        ),
    ),
    Chapter(
        title="True or false, lists and tags",
        text="`contains` finds one value in a list; `any of` and `all of` take several.",
        people="""
            person | is_member | interests    | tags
            Asha   | true      | shoes, bags  | vip
            Bilal  | false     | shoes        |
            Chitra |           |              | vip, new
        """,
        cases=(
            ("is_member = true", "Asha"),
            ("is_member != true", "Bilal Chitra"),
            ('interests contains "shoes"', "Asha Bilal"),
            ('interests contains any of ("bags", "hats")', "Asha"),
            ('interests contains all of ("bags", "shoes")', "Asha"),
            ('not interests contains "bags"', "Bilal Chitra"),
            ("interests is missing", "Chitra"),
            ('tag "vip"', "Asha Chitra"),
            ('not tag "vip"', "Bilal"),
        ),
    ),
    Chapter(
        title="More lists",
        text="A list holds whole values: `contains` on a list does not look inside them. Order and case do not "
        "matter.",
        people="""
            person | interests           | is_member
            Asha   | Shoes, bags         | true
            Bilal  | snow shoes          | false
            Chitra | shoes, hats, gloves | true
            Deepa  |                     |
        """,
        cases=(
            ('interests contains "SHOES"', "Asha Chitra"),
            ('interests contains "snow shoes"', "Bilal"),
            ('interests contains "snow"', ""),
            ('interests contains any of ("snow shoes", "hats")', "Bilal Chitra"),
            ('interests contains any of ("boots")', ""),
            ('interests contains all of ("hats", "shoes")', "Chitra"),
            ('interests contains all of ("bags")', "Asha"),
            ('not interests contains all of ("hats", "shoes")', "Asha Bilal Deepa"),
            ('not interests contains any of ("shoes", "hats")', "Bilal Deepa"),
            ("interests is set", "Asha Bilal Chitra"),
            ("not interests is set", "Deepa"),
            ("is_member = false", "Bilal"),
            ("not is_member = false", "Asha Chitra Deepa"),
            ("is_member is missing", "Deepa"),
        ),
    ),
    Chapter(
        title="And, or, not",
        text="`not` binds closest, then `and`, then `or`; brackets change that.",
        people="""
            person | city       | orders
            Asha   | Casablanca | 3
            Bilal  | Rabat      | 0
            Chitra | Lyon       | 5
            Deepa  | Rabat      | 5
        """,
        cases=(
            ('city = "Rabat" and orders = 0', "Bilal"),
            ('city = "Casablanca" or city = "Rabat" and orders = 5', "Asha Deepa"),
            ('(city = "Casablanca" or city = "Rabat") and orders = 5', "Deepa"),
            ('not city = "Rabat" and orders = 5', "Chitra"),
            ('not (city = "Rabat" and orders = 5)', "Asha Bilal Chitra"),
        ),
    ),
)
