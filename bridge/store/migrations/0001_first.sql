-- The first store. Times are UTC text of one width, so that they sort; `place` texts come from the pump.
-- `due.not_before` is '' for what is ready, a time, or '9999' for what waits for a person or a change.
-- `lease.seen` is the course's change when it was leased: what came later is not deferred.
-- Bodies (export bytes, interrogations, checkpoints, canonical resources) are zlib-compressed and stand last in
-- their rows, so that a query that does not ask for them never reads their pages.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What came in ------------------------------------------------------------------------------------------------

CREATE TABLE export (
    number INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'quarantined', 'dropped')),
    withdrawn INTEGER REFERENCES decision (number),
    superseded INTEGER REFERENCES decision (number),
    sha1 TEXT NOT NULL,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    received TEXT NOT NULL,
    content BLOB
);

CREATE TABLE source (
    name TEXT PRIMARY KEY,
    received TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE quarantine (
    export INTEGER PRIMARY KEY REFERENCES export (number),
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    place TEXT NOT NULL,
    remedy TEXT NOT NULL,
    manufacturer TEXT,
    model TEXT,
    serial TEXT,
    local TEXT
);
CREATE INDEX quarantine_pump ON quarantine (manufacturer, model, serial) WHERE manufacturer IS NOT NULL;

-- One lane a pump; the simulated pump of the same name has a lane of its own. Lane 0 is what courses share.
CREATE TABLE pump (
    lane INTEGER PRIMARY KEY,
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    UNIQUE (manufacturer, model, serial, simulated)
);

CREATE TABLE course (
    number INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL REFERENCES pump (lane),
    patient TEXT NOT NULL,
    system TEXT NOT NULL,
    change INTEGER NOT NULL DEFAULT 0,
    live INTEGER NOT NULL DEFAULT 0,
    UNIQUE (lane, patient, system)
);
INSERT INTO pump (lane, manufacturer, model, serial, simulated) VALUES (0, '', '', '', 0);
INSERT INTO course (number, lane, patient, system) VALUES (0, 0, '', '');

-- `placed` is the position by this report alone; `position` the session's: the least of its live reports.
CREATE TABLE interrogation (
    number INTEGER PRIMARY KEY,
    export INTEGER NOT NULL REFERENCES export (number),
    ordinal INTEGER NOT NULL,
    course INTEGER NOT NULL REFERENCES course (number),
    live INTEGER NOT NULL,
    session TEXT NOT NULL,
    placed TEXT NOT NULL,
    position TEXT NOT NULL,
    revision INTEGER NOT NULL,
    reported TEXT NOT NULL,
    started TEXT NOT NULL,
    linkable INTEGER NOT NULL,
    assigned INTEGER REFERENCES decision (number),
    adapter TEXT NOT NULL,
    adapter_version TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (export, ordinal)
);
CREATE INDEX interrogation_place ON interrogation (course, live, position);
CREATE INDEX interrogation_session ON interrogation (course, session, live);

CREATE TABLE superseded (
    new INTEGER NOT NULL REFERENCES export (number),
    old INTEGER NOT NULL REFERENCES export (number),
    decision INTEGER NOT NULL REFERENCES decision (number),
    PRIMARY KEY (new, old)
) WITHOUT ROWID;

CREATE TABLE programmer (
    key TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    PRIMARY KEY (key, simulated)
) WITHOUT ROWID;

CREATE TABLE change (
    number INTEGER PRIMARY KEY,
    course INTEGER NOT NULL REFERENCES course (number),
    position TEXT NOT NULL,
    cause TEXT NOT NULL,
    export TEXT,
    decision INTEGER REFERENCES decision (number),
    received TEXT
);
CREATE INDEX change_course ON change (course, number);

CREATE TABLE checkpoint (
    course INTEGER NOT NULL REFERENCES course (number),
    position TEXT NOT NULL,
    since_kept INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (course, position)
) WITHOUT ROWID;

-- What people decided -----------------------------------------------------------------------------------------

CREATE TABLE decision (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    export TEXT,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided TEXT NOT NULL
);

CREATE TABLE link (
    manufacturer TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT NOT NULL,
    patient TEXT NOT NULL,
    system TEXT NOT NULL,
    decision INTEGER NOT NULL REFERENCES decision (number),
    PRIMARY KEY (manufacturer, model, serial)
) WITHOUT ROWID;

-- What destinations have --------------------------------------------------------------------------------------

CREATE TABLE destination (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    mapping TEXT NOT NULL,
    registered TEXT NOT NULL
);

CREATE TABLE progress (
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    applied INTEGER NOT NULL DEFAULT 0,
    mapping TEXT NOT NULL DEFAULT '',
    next_change TEXT,
    patient TEXT NOT NULL DEFAULT '',
    parked TEXT NOT NULL DEFAULT '',
    parked_detail TEXT NOT NULL DEFAULT '',
    parked_at TEXT,
    unapplied_since TEXT,
    PRIMARY KEY (destination, course)
) WITHOUT ROWID;
CREATE INDEX progress_next ON progress (destination, next_change) WHERE next_change IS NOT NULL;
CREATE INDEX progress_parked ON progress (destination) WHERE parked <> '';
CREATE INDEX progress_unapplied ON progress (destination, unapplied_since) WHERE unapplied_since IS NOT NULL;

CREATE TABLE due (
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    lane INTEGER NOT NULL,
    since TEXT NOT NULL,
    losing INTEGER NOT NULL DEFAULT 0,
    not_before TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (destination, course)
) WITHOUT ROWID;
CREATE INDEX due_ready ON due (destination, since, course) WHERE not_before = '';
CREATE INDEX due_deferred ON due (destination, not_before) WHERE not_before > '';
CREATE INDEX due_lane ON due (destination, lane);

CREATE TABLE lease (
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    lane INTEGER NOT NULL,
    owner TEXT NOT NULL,
    expires TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (destination, course)
) WITHOUT ROWID;
CREATE INDEX lease_lane ON lease (destination, lane);

CREATE TABLE plan (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    state TEXT NOT NULL CHECK (state IN ('open', 'finished', 'replaced')),
    begun INTEGER NOT NULL DEFAULT 0,
    unsourced INTEGER NOT NULL,
    covers INTEGER NOT NULL,
    mapping TEXT NOT NULL,
    recorded TEXT NOT NULL,
    causes TEXT NOT NULL,
    decision INTEGER,
    waits TEXT NOT NULL,
    patient TEXT NOT NULL,
    next_change TEXT,
    finished TEXT,
    repaged TEXT NOT NULL
);
CREATE UNIQUE INDEX plan_open ON plan (destination, course) WHERE state = 'open';
CREATE INDEX plan_waiting ON plan (destination, waits, number) WHERE state = 'open' AND begun = 0;
CREATE INDEX plan_unsourced ON plan (destination, recorded, course) WHERE unsourced = 1;
CREATE INDEX plan_course ON plan (course, number);

CREATE TABLE plan_entry (
    plan INTEGER NOT NULL REFERENCES plan (number),
    ordinal INTEGER NOT NULL,
    action TEXT NOT NULL,
    key TEXT NOT NULL,
    page TEXT NOT NULL,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    cause TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX plan_entry_key ON plan_entry (plan, key);

CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    key TEXT NOT NULL,
    page TEXT NOT NULL,
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    server_id TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    confirmed_hash TEXT NOT NULL DEFAULT '',
    in_flight_hash TEXT NOT NULL DEFAULT '',
    plan TEXT NOT NULL,
    cause TEXT NOT NULL,
    patient TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    confirmed_at TEXT,
    confirmed BLOB
);
CREATE UNIQUE INDEX ledger_key ON ledger (destination, course, key);
CREATE INDEX ledger_page ON ledger (destination, course, page);
CREATE INDEX ledger_id ON ledger (id);
CREATE INDEX ledger_contested ON ledger (destination, course, key) WHERE state = 'contested';

CREATE TABLE skip (
    destination INTEGER NOT NULL REFERENCES destination (number),
    course INTEGER NOT NULL REFERENCES course (number),
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    decision INTEGER NOT NULL REFERENCES decision (number),
    PRIMARY KEY (destination, course, key)
) WITHOUT ROWID;
