-- Where runs are carried out, by the names of the settings. NULL: where the endpoint says, else in the server's own slots.

ALTER TABLE endpoints ADD COLUMN compute TEXT;

ALTER TABLE schedules ADD COLUMN compute TEXT;

ALTER TABLE queue ADD COLUMN compute TEXT NOT NULL DEFAULT 'local';

UPDATE schema_version SET version = 5;
