-- The same as for Postgres, as far as SQLite has it: JSON texts instead of arrays, 0 and 1 instead of booleans, no partitions.
-- Changes of keys and accounts are kept in a table that instances look at, because SQLite tells nobody.

CREATE TABLE portico_keys (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  old_hash TEXT UNIQUE,
  old_ends_at INTEGER,
  hint TEXT NOT NULL,
  alias TEXT UNIQUE,
  user_id TEXT,
  team TEXT,
  organization TEXT,
  customer TEXT,
  tags TEXT NOT NULL,
  models TEXT,
  operations TEXT,
  endpoints TEXT,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  is_blocked INTEGER NOT NULL,
  revoked_at INTEGER,
  rotated_at INTEGER
);
CREATE INDEX portico_keys_created ON portico_keys (created_at, id);
CREATE INDEX portico_keys_user ON portico_keys (user_id);
CREATE INDEX portico_keys_team ON portico_keys (team);
CREATE INDEX portico_keys_organization ON portico_keys (organization);

CREATE TABLE portico_accounts (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT,
  parent_kind TEXT,
  parent_id TEXT,
  budgets TEXT NOT NULL,
  limits TEXT NOT NULL,
  models TEXT,
  operations TEXT,
  is_blocked INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX portico_accounts_parent ON portico_accounts (parent_kind, parent_id);

CREATE TABLE portico_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  change TEXT NOT NULL
);

CREATE TABLE portico_usage (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  adjusts TEXT,
  operation TEXT NOT NULL,
  via TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  deployment TEXT,
  provider TEXT,
  model TEXT,
  stream INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  failure TEXT,
  error_code TEXT,
  finish_reason TEXT,
  response_id TEXT,
  cache TEXT,
  prompt TEXT,
  prompt_version TEXT,
  experiment TEXT,
  experiment_arm TEXT,
  schema_version INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_write_hour_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  audio_input_tokens INTEGER NOT NULL,
  audio_output_tokens INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  cost_nano_usd INTEGER,
  price_version TEXT,
  started_at INTEGER NOT NULL,
  first_content_at INTEGER,
  ended_at INTEGER NOT NULL,
  organization TEXT,
  team TEXT,
  user_id TEXT,
  key_id TEXT,
  customer TEXT,
  tags TEXT NOT NULL,
  details TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX portico_usage_time ON portico_usage (started_at, id);
CREATE INDEX portico_usage_user ON portico_usage (user_id, started_at, id);
CREATE INDEX portico_usage_key ON portico_usage (key_id, started_at, id) WHERE key_id IS NOT NULL;

CREATE TABLE portico_usage_days (
  dimension TEXT NOT NULL,
  day TEXT NOT NULL,
  id TEXT NOT NULL,
  model TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY (dimension, day, id, model)
);
CREATE INDEX portico_usage_days_id ON portico_usage_days (dimension, id, day);

CREATE TABLE portico_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  record_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  claim TEXT,
  is_parked INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (topic, record_id)
);
CREATE INDEX portico_outbox_waiting ON portico_outbox (id) WHERE NOT is_parked;

CREATE TABLE portico_counters (
  key TEXT PRIMARY KEY,
  used INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  resets_at INTEGER
);

CREATE TABLE portico_leases (
  reservation TEXT NOT NULL,
  place INTEGER NOT NULL,
  key TEXT NOT NULL,
  amount INTEGER NOT NULL,
  resets_at INTEGER,
  ends_at INTEGER NOT NULL,
  PRIMARY KEY (reservation, place)
);
CREATE INDEX portico_leases_key ON portico_leases (key, ends_at);

CREATE TRIGGER portico_keys_insert AFTER INSERT ON portico_keys BEGIN
  INSERT INTO portico_changes (change) VALUES ('key:' || NEW.id);
END;
CREATE TRIGGER portico_keys_update AFTER UPDATE ON portico_keys BEGIN
  INSERT INTO portico_changes (change) VALUES ('key:' || NEW.id);
END;
CREATE TRIGGER portico_keys_delete AFTER DELETE ON portico_keys BEGIN
  INSERT INTO portico_changes (change) VALUES ('key:' || OLD.id);
END;
CREATE TRIGGER portico_accounts_insert AFTER INSERT ON portico_accounts BEGIN
  INSERT INTO portico_changes (change) VALUES ('account:' || NEW.kind || ':' || NEW.id);
END;
CREATE TRIGGER portico_accounts_update AFTER UPDATE ON portico_accounts BEGIN
  INSERT INTO portico_changes (change) VALUES ('account:' || NEW.kind || ':' || NEW.id);
END;
CREATE TRIGGER portico_accounts_delete AFTER DELETE ON portico_accounts BEGIN
  INSERT INTO portico_changes (change) VALUES ('account:' || OLD.kind || ':' || OLD.id);
END;

-- Who looks once a second has seen them long before.
CREATE TRIGGER portico_changes_kept AFTER INSERT ON portico_changes BEGIN
  DELETE FROM portico_changes WHERE id <= NEW.id - 10000;
END;
