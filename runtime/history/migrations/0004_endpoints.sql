-- What is published, who may call it, when it runs by itself, and what waits to run. Truth values are 0 and 1; parameters,
-- tags, scopes and rules are JSON; times are seconds since the epoch.

-- Bundles by the blake3 of their bytes.
CREATE TABLE bundles (
    digest TEXT PRIMARY KEY,
    content BYTEA NOT NULL
);

-- default_version is NULL where the newest enabled version is the default. last_number only grows.
CREATE TABLE endpoints (
    name TEXT PRIMARY KEY,
    description TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    default_version TEXT,
    last_number BIGINT NOT NULL,
    created DOUBLE PRECISION NOT NULL
);

-- content identifies what a version would compute, whatever else its bundle holds.
CREATE TABLE versions (
    endpoint TEXT NOT NULL REFERENCES endpoints (name) ON UPDATE CASCADE ON DELETE CASCADE,
    version TEXT NOT NULL,
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    bundle TEXT NOT NULL REFERENCES bundles (digest),
    description TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (endpoint, version)
);

-- hash is the sha256 of the token, which itself is kept nowhere.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    endpoint TEXT REFERENCES endpoints (name) ON UPDATE CASCADE ON DELETE CASCADE,
    created DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION,
    revoked DOUBLE PRECISION,
    used DOUBLE PRECISION
);

-- rule says when; due is when next; memory is what a rule that watches data has seen. A server that fires it holds the lease.
CREATE TABLE schedules (
    name TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL REFERENCES endpoints (name) ON UPDATE CASCADE ON DELETE CASCADE,
    version TEXT,
    rule TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    missed TEXT NOT NULL,
    parameters TEXT NOT NULL,
    experiment TEXT,
    memory TEXT NOT NULL,
    due DOUBLE PRECISION,
    last_due DOUBLE PRECISION,
    last_run TEXT,
    owner TEXT,
    lease DOUBLE PRECISION,
    created DOUBLE PRECISION NOT NULL
);

-- A request for a run; id is the id that the run has or will have. A server that runs it holds the lease.
CREATE TABLE queue (
    id TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    version TEXT NOT NULL,
    bundle TEXT NOT NULL,
    parameters TEXT NOT NULL,
    experiment TEXT,
    tags TEXT NOT NULL,
    priority BIGINT NOT NULL,
    timeout DOUBLE PRECISION,
    requested_by TEXT NOT NULL,
    idempotency_key TEXT UNIQUE,
    state TEXT NOT NULL,
    owner TEXT,
    lease DOUBLE PRECISION,
    tries BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    problem TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    started DOUBLE PRECISION,
    ended DOUBLE PRECISION
);

CREATE INDEX queue_by_state ON queue (state, priority, created);

UPDATE schema_version SET version = 4;
