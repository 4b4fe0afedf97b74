-- Answers from history (decision 0031): which changes told the acts of a person, and which leaves the versions got.
CREATE INDEX change_of_person_in_order ON log.change (person, recorded_at) WHERE kind IN ('entry', 'version');
