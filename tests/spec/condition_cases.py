"""One case for each problem code of conditions, RL-060 to RL-079."""

from tests.spec.problem_case import ProblemCase

CONDITION_CASES: tuple[ProblemCase, ...] = (
    ProblemCase(code="RL-060", text='tag "vip" and in segment "regular"', column=15),
    ProblemCase(code="RL-061", text='in segment "loop"'),
    ProblemCase(code="RL-062", text='location within 10 km of place "marif"'),
    ProblemCase(code="RL-063", text='label "churn_risk" is "hgh"'),
    ProblemCase(code="RL-064", text='did purchase in at least 3 distinct days of zone "Africa/Casa"'),
    ProblemCase(code="RL-065", text='city matches "(?=casa)"', column=14),
    ProblemCase(code="RL-066", text="orders + average(purchase.amount) > 100", column=10),
    ProblemCase(code="RL-067", text="age < 18 and age > 30", column=14),
    ProblemCase(code="RL-068", text='city = "Rabat" and (orders = 1 or orders != 1)', column=21),
    ProblemCase(code="RL-069", text="age = 1990", column=7),
    ProblemCase(code="RL-070", text='everybody and city = "Rabat"'),
    ProblemCase(code="RL-071", text='for some category (did purchase and tag "vip")', column=37),
    ProblemCase(code="RL-072", text='bucket("autumn") < 100'),
    ProblemCase(code="RL-073", text="location within 10 km of -97.6, 33.5"),
    ProblemCase(code="RL-074", text="count(purchase) > count(purchase)"),
    ProblemCase(code="RL-075", text="orders > 3 and orders > 5"),
    ProblemCase(code="RL-076", text="did purchase on 2030-01-01"),
)
