-- A result is found with one look-up: its row holds what its outputs are, and what they are based on. Results of version 1
-- are forgotten, so that each step runs once more.

DROP TABLE bases;

DROP TABLE results;

-- Which completed step run gives the outputs of a call with that key. basis and outputs are JSON; metrics is how many
-- numbers the step run logged.
CREATE TABLE results (
    key TEXT NOT NULL,
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    ended DOUBLE PRECISION NOT NULL,
    duration DOUBLE PRECISION NOT NULL,
    metrics BIGINT NOT NULL,
    outputs TEXT NOT NULL,
    basis TEXT NOT NULL,
    PRIMARY KEY (key, run, step)
);

CREATE INDEX results_by_run ON results (run);

CREATE INDEX results_by_fingerprint ON results (fingerprint);

-- The key of the latest step run that completed or was reused, for each step of a pipeline: explanations compare with it.
CREATE TABLE latest (
    pipeline TEXT NOT NULL,
    step TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (pipeline, step)
);

UPDATE schema_version SET version = 2;
