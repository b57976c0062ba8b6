-- Runs, their steps, and what they logged. Times are seconds since the epoch (UTC), sizes are bytes; the documents in
-- parameters, tags, facts, counts and failure are JSON. BYTEA is a blob to SQLite too.

CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE TABLE graphs (
    digest TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE packages (
    digest TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    pipeline TEXT NOT NULL,
    experiment TEXT NOT NULL,
    state TEXT NOT NULL,
    started DOUBLE PRECISION NOT NULL,
    ended DOUBLE PRECISION,
    seen DOUBLE PRECISION NOT NULL,
    problem TEXT NOT NULL,
    parameters TEXT NOT NULL,
    tags TEXT NOT NULL,
    facts TEXT NOT NULL,
    counts TEXT NOT NULL,
    graph_digest TEXT NOT NULL,
    graph TEXT REFERENCES graphs (digest),
    packages TEXT REFERENCES packages (digest),
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    process TEXT NOT NULL
);

CREATE INDEX runs_by_start ON runs (started, id);

CREATE INDEX runs_by_experiment ON runs (experiment, started, id);

CREATE INDEX runs_by_pipeline ON runs (pipeline, started, id);

CREATE INDEX runs_by_state ON runs (state, started, id);

CREATE INDEX runs_by_graph ON runs (graph);

CREATE INDEX runs_by_packages ON runs (packages);

CREATE TABLE steps (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    function TEXT NOT NULL,
    position BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    state TEXT NOT NULL,
    label TEXT NOT NULL,
    group_id TEXT,
    started DOUBLE PRECISION,
    ended DOUBLE PRECISION,
    duration DOUBLE PRECISION,
    attempts BIGINT NOT NULL,
    pid BIGINT,
    log TEXT,
    failure TEXT,
    reused_from TEXT,
    saved DOUBLE PRECISION,
    reason TEXT NOT NULL,
    PRIMARY KEY (run, id)
);

CREATE TABLE attempts (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    number BIGINT NOT NULL,
    started DOUBLE PRECISION NOT NULL,
    ended DOUBLE PRECISION,
    pid BIGINT,
    log TEXT,
    failure TEXT,
    PRIMARY KEY (run, step, number)
);

-- The outputs of steps; an empty step means a value that was given to the run as the parameter of that name. Which
-- artifact went into which step follows from these and the graph.
CREATE TABLE artifacts (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    digest TEXT NOT NULL,
    codec TEXT NOT NULL,
    size BIGINT NOT NULL,
    type TEXT NOT NULL,
    summary TEXT NOT NULL,
    content BYTEA,
    PRIMARY KEY (run, step, name)
);

CREATE INDEX artifacts_by_digest ON artifacts (digest);

CREATE TABLE metrics (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    name TEXT NOT NULL,
    value DOUBLE PRECISION,
    axis DOUBLE PRECISION,
    logged DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, step, ordinal)
);

CREATE TABLE files (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    logged DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, step, ordinal)
);

-- Which completed step run gives the outputs of a call with that key.
CREATE TABLE results (
    key TEXT NOT NULL,
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    ended DOUBLE PRECISION NOT NULL,
    duration DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (key, run, step)
);

CREATE INDEX results_by_run ON results (run);

-- What the latest step run that completed was based on, for each step of a pipeline: explanations compare with it.
CREATE TABLE bases (
    pipeline TEXT NOT NULL,
    step TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (pipeline, step)
);

-- What a fingerprint covers: an index of definitions, which many fingerprints share.
CREATE TABLE fingerprints (
    digest TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE definitions (
    digest TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

INSERT INTO schema_version (version) VALUES (1);
