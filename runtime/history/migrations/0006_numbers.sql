-- Runs and results are numbered in the order in which they were written, so that the newest is the newest whatever the clock
-- said. A step run names the result that stands for it, whichever run computed that; outputs that are carried in a result
-- are not repeated elsewhere. A step of the graph that has not begun has no row.

-- The last number that was given. A number is never given twice.
CREATE TABLE numbers (last BIGINT NOT NULL);

INSERT INTO numbers (last) SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM results);

CREATE TABLE numbered (id TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL);

INSERT INTO numbered SELECT id, row_number() OVER (ORDER BY started, id) FROM runs;

ALTER TABLE runs ADD COLUMN number BIGINT NOT NULL DEFAULT 0;

UPDATE runs SET number = (SELECT numbered.number FROM numbered WHERE numbered.id = runs.id);

DROP TABLE numbered;

DROP INDEX runs_by_start;

DROP INDEX runs_by_experiment;

DROP INDEX runs_by_pipeline;

DROP INDEX runs_by_state;

CREATE INDEX runs_by_number ON runs (number);

CREATE INDEX runs_by_experiment ON runs (experiment, number);

CREATE INDEX runs_by_pipeline ON runs (pipeline, number);

CREATE INDEX runs_by_state ON runs (state, number);

DROP INDEX results_by_run;

DROP INDEX results_by_fingerprint;

ALTER TABLE results RENAME TO earlier_results;

-- Which completed step run gives the outputs of a call with that key. basis and outputs are JSON; metrics is how many
-- numbers the step run logged. run and step name a kept step run that computed it or took it over.
CREATE TABLE results (
    number INTEGER NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    ended DOUBLE PRECISION NOT NULL,
    duration DOUBLE PRECISION NOT NULL,
    metrics BIGINT NOT NULL,
    outputs TEXT NOT NULL,
    basis TEXT NOT NULL
);

INSERT INTO results
SELECT row_number() OVER (ORDER BY ended, run, step, key), key, run, step, fingerprint, ended, duration, metrics, outputs, basis
FROM earlier_results;

DROP TABLE earlier_results;

-- The beginning of a key is enough to tell it from nearly all others, and a short index is written in fewer places.
CREATE INDEX results_by_key ON results (substr(key, 1, 12));

CREATE INDEX results_by_place ON results (run, step);

CREATE INDEX results_by_fingerprint ON results (fingerprint);

ALTER TABLE steps ADD COLUMN result BIGINT;

UPDATE steps SET result = (SELECT max(number) FROM results WHERE results.run = steps.run AND results.step = steps.id)
WHERE reused_from IS NULL;

-- What was reused from the step run of the same id, as far as its outputs and metrics show.
UPDATE steps SET result = (SELECT max(number) FROM results WHERE results.run = steps.reused_from AND results.step = steps.id)
WHERE reused_from IS NOT NULL
AND NOT EXISTS (
    SELECT 1 FROM artifacts AS made WHERE made.run = steps.reused_from AND made.step = steps.id AND NOT EXISTS (
        SELECT 1 FROM artifacts AS own
        WHERE own.run = steps.run AND own.step = steps.id AND own.name = made.name AND own.digest = made.digest
    )
)
AND NOT EXISTS (
    SELECT 1 FROM metrics AS logged WHERE logged.run = steps.reused_from AND logged.step = steps.id AND NOT EXISTS (
        SELECT 1 FROM metrics AS own
        WHERE own.run = steps.run AND own.step = steps.id AND own.name = logged.name AND own.value = logged.value
    )
);

CREATE INDEX steps_by_result ON steps (result);

CREATE TABLE newest (
    pipeline TEXT NOT NULL,
    step TEXT NOT NULL,
    result BIGINT NOT NULL,
    PRIMARY KEY (pipeline, step)
);

INSERT INTO newest
SELECT latest.pipeline, latest.step, max(results.number) FROM latest JOIN results ON results.key = latest.key
GROUP BY latest.pipeline, latest.step;

DROP TABLE latest;

-- The result of the latest step run that completed or was reused, for each step of a pipeline: explanations compare with it.
ALTER TABLE newest RENAME TO latest;

UPDATE schema_version SET version = 6;
