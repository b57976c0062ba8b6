-- Step runs that a control node was unfolded to while it ran: parent is that node, place which item or round of it.

ALTER TABLE steps ADD COLUMN parent TEXT;

ALTER TABLE steps ADD COLUMN place BIGINT;

UPDATE schema_version SET version = 3;
