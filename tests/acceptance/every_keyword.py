"""Every keyword of the clauses with the test that fires it and looks at what it does.

A keyword is called by its terminal in the grammar, with its word where the terminal has several. Keywords of conditions
are not listed: they stand in the forms of `every_condition`, which are all seen at the simulator.
"""

HERE = "tests/acceptance/test_every_clause_at_the_simulator.py"
MOMENTS = "tests/integration/moments/"
PLAN = "tests/integration/plan/"
TRIGGERS = "tests/integration/triggers/test_triggers_at_the_simulator.py"

LANGUAGES = f"{HERE}::test_everybody_gets_their_language_and_their_name_as_the_rule_says"
PURPOSES = f"{HERE}::test_a_purpose_reaches_those_who_consented_to_it"
LEFTOVERS = f"{HERE}::test_what_does_not_fit_into_the_window_goes_out_later_or_never"
DAYS = f"{HERE}::test_a_launched_rule_waits_for_a_day_of_its_window"
RECURRING = f"{HERE}::test_a_recurring_rule_sends_on_its_days"
EVENTS = f"{HERE}::test_late_imported_and_delayed_events_fire_where_rule_or_import_says_so"
DECISION = f"{HERE}::test_a_trigger_waits_for_its_decision_and_then_for_its_sending_window"
LIMITED = f"{HERE}::test_a_limit_of_the_rule_holds_for_its_days_and_lets_go_after_them"
BATCHES = f"{HERE}::test_batches_leave_one_after_the_other"
READ = f"{HERE}::test_a_step_follows_what_was_read"
ACTIONS = f"{MOMENTS}test_actions.py::test_every_moment_does_its_actions_once_for_each_message"
STEPS = f"{MOMENTS}test_follow_ups.py::test_who_neither_clicked_nor_answered_gets_the_next_step"
REPLIES = f"{MOMENTS}test_replies.py::test_who_answers_is_answered_once"
FORMS_OF_REPLIES = (
    f"{MOMENTS}test_reply_forms.py::"
    "test_every_form_of_a_reply_reaches_the_phone_in_its_language_with_the_files_that_were_approved"
)
STOPS = f"{MOMENTS}test_stop_at_the_simulator.py::test_a_rule_stops_while_it_sends_where_too_many_leave"
VALIDITY = f"{PLAN}test_clauses_at_the_simulator.py::test_a_rule_is_refused_outside_its_days"
ARMS = f"{PLAN}test_experiments.py::test_each_arm_gets_its_own_message_and_nobody_who_is_held_out_any"
LINKS = (
    f"{PLAN}test_experiments.py::test_a_rule_leads_its_button_elsewhere_and_a_click_is_told_with_its_variant"
)
FILES = (
    "tests/integration/media/test_media_at_the_simulator.py::"
    "test_f96_a_file_is_fetched_once_and_each_device_gets_its_form_at_the_simulator"
)
COUPONS = "tests/integration/coupons/test_codes_at_the_simulator.py"
BANDS = (
    f"{PLAN}test_rivals.py::"
    "test_a_reservation_without_a_permit_goes_to_the_higher_band_with_one_message_at_the_simulator"
)
CONVERSIONS = (
    "tests/integration/observe/test_conversions.py::"
    "test_a_purchase_in_the_window_counts_once_and_with_its_worth"
)
EXAMPLES = (
    "tests/unit/test_rule_tests.py::test_an_example_may_fix_its_instant_its_age_tags_labels_and_consent"
)
EXAMPLE_RUN = "tests/unit/test_rule_tests.py::test_an_example_passes_when_the_condition_says_what_it_expects"

CLAUSE_WORDS = {
    # What begins it.
    "_RULE": LANGUAGES,
    "_VERSION": BANDS,
    "_PRIORITY": BANDS,
    "CHINESE promotion": BANDS,
    "CHINESE lifecycle": BANDS,
    "CHINESE transactional": PURPOSES,
    "CHINESE service": PURPOSES,
    "CHINESE marketing": PURPOSES,
    "_COUPON": f"{COUPONS}::test_a_code_reaches_the_phone_and_its_redemption_is_a_success_of_the_run",
    "_SCORE": f"{PLAN}test_rivals.py::test_among_equals_the_higher_score_wins_and_the_loser_is_told_by_how_much",
    "_PURPOSE": PURPOSES,
    "_ABOUT": f"{HERE}::test_a_remark_is_told_to_whoever_asks_what_the_rule_does",
    "_VALID": VALIDITY,
    "_FROM": VALIDITY,
    "_UNTIL": VALIDITY,
    "_WHEN": LANGUAGES,
    "_TRIGGER": f"{TRIGGERS}::test_an_event_becomes_a_message_while_triggers_and_sender_run",
    "_ON_ENTERING": f"{TRIGGERS}::test_time_alone_makes_somebody_enter_and_the_message_arrives",
    "_AFTER_EVENT": EVENTS,
    "_IGNORE_OLDER": EVENTS,
    "_DECIDE_WITHIN": DECISION,
    "_SECONDS": DECISION,
    # What is sent.
    "SEND": LANGUAGES,
    "_TEMPLATE": LANGUAGES,
    "_IN_CONTACTS_LANGUAGE": LANGUAGES,
    "_ELSE": LANGUAGES,
    "SKIP": LANGUAGES,
    "_LINK": LINKS,
    "_TO": LINKS,
    "_MEDIA": FILES,
    "LIGHTER": FILES,
    "LIGHTEST": FILES,
    "NONE": FILES,
    "ON_SLOW_NETWORK": FILES,
    "ON_VERY_SLOW_NETWORK": FILES,
    "ON_OLD_SYSTEM": FILES,
    "_FOR_VARIANT": ARMS,
    "_FOLLOW_UP": STEPS,
    "_IF": STEPS,
    # What happens after.
    "ADD": ACTIONS,
    "REMOVE": ACTIONS,
    "_SET_ATTRIBUTE": ACTIONS,
    "NOW": ACTIONS,
    "_ASSIGN_TO": ACTIONS,
    "_NOTIFY": f"{MOMENTS}test_notices.py::test_a_recipient_is_told_once_of_each_message_and_learns_nothing_of_people",
    "REPLY": REPLIES,
    "_AS": REPLIES,
    "_BUTTONS": FORMS_OF_REPLIES,
    "_LIST": FORMS_OF_REPLIES,
    "_LOCATION": FORMS_OF_REPLIES,
    "CHINESE accepted": ACTIONS,
    "CHINESE delivered": ACTIONS,
    "CHINESE clicked": ACTIONS,
    "CHINESE replied": ACTIONS,
    "CHINESE read": READ,
    "CHINESE succeeded": f"{HERE}::test_a_step_leaves_out_who_has_already_bought",
    # When and how much.
    "ONCE": DAYS,
    "ALWAYS": DECISION,
    "EVERY": RECURRING,
    "_EVERY_MONTH_ON": RECURRING,
    "_ON": DAYS,
    "_AT": DAYS,
    "_CONTACTS_TIME": DAYS,
    "CHINESE weekday": RECURRING,
    "CHINESE day": (
        "tests/integration/rule/test_recurring.py::"
        "test_two_evenings_send_by_themselves_each_once_and_the_third_is_outside_the_validity"
    ),
    "_NOT_ON_HOLIDAYS": (
        f"{PLAN}test_clauses_at_the_simulator.py::test_nobody_gets_a_message_on_a_public_holiday_of_their_country"
    ),
    "_CARRY_OVER_UNTIL": LEFTOVERS,
    "_CARRY_OVER_FOR": LEFTOVERS,
    "_DROP_THE_REST": LEFTOVERS,
    "_LIMIT_THIS_RULE": LIMITED,
    "_PER_PERSON_PER": LIMITED,
    "_LIMIT_ALL_RULES": (
        f"{PLAN}test_clauses_at_the_simulator.py::"
        "test_a_limit_over_all_rules_counts_the_messages_of_every_rule"
    ),
    "BATCH": BATCHES,
    "BUDGET": f"{HERE}::test_a_budget_per_run_pays_for_no_more_messages",
    "PER_RUN": f"{HERE}::test_a_budget_per_run_pays_for_no_more_messages",
    "PER_MONTH": (
        f"{PLAN}test_clauses_at_the_simulator.py::"
        "test_a_budget_per_month_stops_in_the_transaction_that_spends_it"
    ),
    "_TEST": ARMS,
    "HOLDOUT": ARMS,
    "VARIANTS": ARMS,
    "SUCCESS": CONVERSIONS,
    "_WORTH": CONVERSIONS,
    "_STOP_IF": STOPS,
    "_ABOVE": STOPS,
    "_SHARE_OF": STOPS,
    "AFTER_COUNT": STOPS,
    "MEASURE opt-outs": STOPS,
    "MEASURE failures": (
        f"{MOMENTS}test_stop_tests.py::test_failures_are_a_share_of_the_messages_whose_end_is_known"
    ),
    # Examples.
    "_EXAMPLE": EXAMPLE_RUN,
    "MATCHES": EXAMPLE_RUN,
    "DOES_NOT_MATCH": EXAMPLE_RUN,
    "_EXAMPLE_LABEL": EXAMPLES,
    "_KNOWN_FOR": EXAMPLES,
}
# These decide about no message: a remark, what a report counts, and examples that `rulecast rule test` runs.
NO_MESSAGE = frozenset(
    {"_ABOUT", "SUCCESS", "_WORTH", "_EXAMPLE", "MATCHES", "DOES_NOT_MATCH", "_EXAMPLE_LABEL", "_KNOWN_FOR"}
)
