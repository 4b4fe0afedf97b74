-- Notifications are kept in schema `shared`, as every service keeps them. Positions go on where they stood, so that who
-- follows the stream misses nothing and reads nothing twice.
INSERT INTO shared.notification
    (id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once, updated_by)
SELECT id, position, kind, addressee, person_id, subject, specialty, day, days_left, recorded_at, once, updated_by
FROM registration.notification;

UPDATE shared.notification_head SET position = (SELECT position FROM registration.notification_head);

DROP TABLE registration.notification;
DROP TABLE registration.notification_head;
