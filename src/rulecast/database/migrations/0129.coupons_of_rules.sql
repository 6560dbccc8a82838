-- How many people hold a code of a rule is asked by every plan of it.
CREATE INDEX coupon_by_rule ON gate.coupon (rule_name) WHERE rule_name IS NOT NULL AND redeemed_at IS NULL;
