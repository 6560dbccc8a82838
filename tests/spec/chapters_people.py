"""Tags, labels, segments, places, buckets and consent."""

from tests.spec.tables import Chapter

PEOPLE: tuple[Chapter, ...] = (
    Chapter(
        title="Tags",
        text="A tag is there or not. Tags are compared without regard to capital letters.",
        people="""
            person | tags
            Asha   | vip, new
            Bilal  | new
            Chitra | vips
            Deepa  |
        """,
        cases=(
            ('tag "vip"', "Asha"),
            ('tag "VIP"', "Asha"),
            ('tag "new"', "Asha Bilal"),
            ('tag "vip" and tag "new"', "Asha"),
            ('tag "vip" or tag "vips"', "Asha Chitra"),
            ('not tag "vip"', "Bilal Chitra Deepa"),
            ('not (tag "vip" or tag "new")', "Chitra Deepa"),
            ('tag "old"', ""),
        ),
    ),
    Chapter(
        title="Labels",
        text="Labels are what an analysis says of a person: a name, and mostly a value of those that the "
        "workspace file lists. Without `is`, any value will do, also none.",
        people="""
            person | labels
            Asha   | churn_risk=high
            Bilal  | churn_risk=low
            Chitra | churn_risk
            Deepa  |
        """,
        cases=(
            ('label "churn_risk"', "Asha Bilal Chitra"),
            ('label "churn_risk" is "high"', "Asha"),
            ('label "churn_risk" is "low"', "Bilal"),
            ('not label "churn_risk"', "Deepa"),
            ('not label "churn_risk" is "high"', "Bilal Chitra Deepa"),
            ('label "churn_risk" and not label "churn_risk" is "low"', "Asha Chitra"),
            ('label "churn_risk" is "high" or label "churn_risk" is "low"', "Asha Bilal"),
        ),
    ),
    Chapter(
        title="Segments",
        text="A segment is a condition with a name, kept in the workspace file. Here `regulars` is `orders >= 3` and "
        '`rabat_regulars` is `in segment "regulars" and city = "Rabat"`.',
        people="""
            person | orders | city
            Asha   | 3      | Casablanca
            Bilal  | 2      | Rabat
            Chitra |        | Rabat
            Deepa  | 10     | Rabat
        """,
        cases=(
            ('in segment "regulars"', "Asha Deepa"),
            ('not in segment "regulars"', "Bilal Chitra"),
            ('in segment "regulars" and orders < 5', "Asha"),
            ('in segment "regulars" or city = "Rabat"', "Asha Bilal Chitra Deepa"),
            ('in segment "rabat_regulars"', "Deepa"),
            ('not in segment "rabat_regulars"', "Asha Bilal Chitra"),
            ('in segment "regulars" and not in segment "rabat_regulars"', "Asha"),
        ),
    ),
    Chapter(
        title="Distance",
        text="As the crow flies on a sphere of 6,371.0088 km; the distance itself is included. `maarif` lies at "
        "33.5867, -7.6323: Bilal is 1.0008 km north of it, Chitra 87.5 km away.",
        people="""
            person | location
            Asha   | 33.5867 -7.6323
            Bilal  | 33.5957 -7.6323
            Chitra | 34.0209 -6.8416
            Deepa  |
        """,
        cases=(
            ('location within 1 km of place "maarif"', "Asha"),
            ('location within 1000 m of place "maarif"', "Asha"),
            ('location within 1001 m of place "maarif"', "Asha Bilal"),
            ('location within 1.1 km of place "maarif"', "Asha Bilal"),
            ('location within 87 km of place "maarif"', "Asha Bilal"),
            ('location within 88 km of place "maarif"', "Asha Bilal Chitra"),
            ("location within 5 km of 34.02, -6.84", "Chitra"),
            ('not location within 1 km of place "maarif"', "Bilal Chitra Deepa"),
            ('not location within 88 km of place "maarif"', "Deepa"),
            ("location is set", "Asha Bilal Chitra"),
            ("location is missing", "Deepa"),
        ),
    ),
    Chapter(
        title="Distance over the date line and the pole",
        text="Neither is an edge: a fifth of a degree is 22.24 km.",
        people="""
            person | location
            Asha   | 0 179.9
            Bilal  | 0 -179.9
            Chitra | 89.9 0
            Deepa  | 89.9 180
        """,
        cases=(
            ("location within 22 km of 0, 179.9", "Asha"),
            ("location within 23 km of 0, 179.9", "Asha Bilal"),
            ("location within 12 km of 0, 180", "Asha Bilal"),
            ("location within 12 km of 0, -180", "Asha Bilal"),
            ("location within 11 km of 90, 0", ""),
            ("location within 12 km of 90, 0", "Chitra Deepa"),
            ("location within 22 km of 89.9, 0", "Chitra"),
            ("location within 23 km of 89.9, 0", "Chitra Deepa"),
        ),
    ),
    Chapter(
        title="Buckets",
        text="A word cuts people into a hundred even parts, always the same: the first eight hexadecimal digits "
        "of the MD5 of `word:contact` as a share of 2^32. For the word `spring` the contacts 1 to 4 lie at "
        "78.74, 23.02, 79.68 and 79.99, for `autumn` at 56.31, 44.37, 42.39 and 88.17.",
        people="""
            person | orders
            Asha   | 1
            Bilal  | 2
            Chitra | 3
            Deepa  |
        """,
        cases=(
            ('bucket("spring") < 23', ""),
            ('bucket("spring") < 24', "Bilal"),
            ('bucket("spring") < 79', "Asha Bilal"),
            ('bucket("spring") < 80', "Asha Bilal Chitra Deepa"),
            ('bucket("autumn") < 50', "Bilal Chitra"),
            ('not bucket("autumn") < 50', "Asha Deepa"),
            ('bucket("autumn") < 50 and not bucket("spring") < 24', "Chitra"),
        ),
    ),
    Chapter(
        title="Everybody",
        text="A condition that holds for all has a word of its own, so that nobody writes it by mistake.",
        people="""
            person | orders
            Asha   | 1
            Bilal  |
        """,
        cases=(
            ("everybody", "Asha Bilal"),
            ("not everybody", ""),
            ("everybody and orders = 1", "Asha"),
            ("everybody or orders = 1", "Asha Bilal"),
        ),
    ),
    Chapter(
        title="Consent",
        text="Consent is a record that grants the purpose and is proven. Absence never grants, and a consent "
        "cannot stand below `not`. Leaving it out is allowed: the gate excludes everybody without a proven "
        "consent.",
        people="""
            person | marketing consent
            Asha   | proven, 10 days ago
            Bilal  | withdrawn, 2 days ago
            Chitra |
            Deepa  | unproven, 3 days ago
        """,
        cases=(
            ("consent marketing granted", "Asha"),
            ("consent marketing granted after 30 days ago", "Asha"),
            ("consent marketing granted before 30 days ago", ""),
        ),
    ),
    Chapter(
        title="The age of a consent",
        text="`after 10 days ago` is then or later, `before` is earlier. A withdrawn consent and one without "
        "proof are none, however old, and a consent for one purpose is none for another.",
        people="""
            person | marketing consent     | city
            Asha   | proven, 10 days ago   | Rabat
            Bilal  | withdrawn, 2 days ago | Rabat
            Chitra |                       | Rabat
            Deepa  | unproven, 3 days ago  | Rabat
            Elif   | proven, 2 days ago    | Lyon
        """,
        cases=(
            ("consent marketing granted", "Asha Elif"),
            ("consent marketing granted after 10 days ago", "Asha Elif"),
            ("consent marketing granted after 9 days ago", "Elif"),
            ("consent marketing granted before 10 days ago", ""),
            ("consent marketing granted before 9 days ago", "Asha"),
            ("consent service granted", ""),
            ('consent marketing granted and city = "Rabat"', "Asha"),
            ('consent marketing granted or city = "Rabat"', "Asha Bilal Chitra Deepa Elif"),
        ),
    ),
)
