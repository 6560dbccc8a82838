-- Answers are priced by how many of the month's free ones are left; they are few among the permits of a month.

CREATE INDEX permit_of_answers ON gate.permit (business_number_id, granted_at)
    WHERE category = 'service' AND released_at IS NULL;
