-- Keys, accounts, the ledger, its daily sums, the outbox and counters. Times are milliseconds since the epoch, money is
-- integer nano-dollars. Text that is compared or ordered is so by its bytes.

CREATE TABLE portico_keys (
  id text COLLATE "C" PRIMARY KEY,
  hash text NOT NULL UNIQUE,
  old_hash text UNIQUE,
  old_ends_at bigint,
  hint text NOT NULL,
  alias text UNIQUE,
  user_id text,
  team text,
  organization text,
  customer text,
  tags text NOT NULL,
  models text,
  operations text,
  endpoints text,
  metadata text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  is_blocked boolean NOT NULL,
  revoked_at bigint,
  rotated_at bigint
);
CREATE INDEX portico_keys_created ON portico_keys (created_at, id);
CREATE INDEX portico_keys_user ON portico_keys (user_id);
CREATE INDEX portico_keys_team ON portico_keys (team);
CREATE INDEX portico_keys_organization ON portico_keys (organization);

CREATE TABLE portico_accounts (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  name text,
  parent_kind text,
  parent_id text,
  budgets text NOT NULL,
  limits text NOT NULL,
  models text,
  operations text,
  is_blocked boolean NOT NULL,
  metadata text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX portico_accounts_parent ON portico_accounts (parent_kind, parent_id);

-- Whatever changes a key or an account, be it the gateway or an operator, is told to all instances when it is committed.
CREATE FUNCTION portico_tell_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('portico_changes', 'key:' || COALESCE(NEW.id, OLD.id));
  RETURN NULL;
END $$;
CREATE TRIGGER portico_keys_changed AFTER INSERT OR UPDATE OR DELETE ON portico_keys
  FOR EACH ROW EXECUTE FUNCTION portico_tell_key();

CREATE FUNCTION portico_tell_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('portico_changes', 'account:' || COALESCE(NEW.kind, OLD.kind) || ':' || COALESCE(NEW.id, OLD.id));
  RETURN NULL;
END $$;
CREATE TRIGGER portico_accounts_changed AFTER INSERT OR UPDATE OR DELETE ON portico_accounts
  FOR EACH ROW EXECUTE FUNCTION portico_tell_account();

-- One partition a month, made by portico_usage_month when the first record of a month comes.
CREATE TABLE portico_usage (
  id text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  adjusts text,
  operation text NOT NULL,
  via text NOT NULL,
  requested_model text NOT NULL,
  deployment text,
  provider text,
  model text,
  stream boolean NOT NULL,
  outcome text NOT NULL,
  failure text,
  error_code text,
  finish_reason text,
  response_id text,
  cache text,
  prompt text,
  prompt_version text,
  experiment text,
  experiment_arm text,
  schema_version integer NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  cache_write_hour_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  audio_input_tokens bigint NOT NULL,
  audio_output_tokens bigint NOT NULL,
  estimated boolean NOT NULL,
  cost_nano_usd bigint,
  price_version text,
  started_at bigint NOT NULL,
  first_content_at bigint,
  ended_at bigint NOT NULL,
  organization text,
  team text,
  user_id text,
  key_id text,
  customer text,
  tags text[] NOT NULL,
  details text NOT NULL,
  PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX portico_usage_time ON portico_usage USING brin (started_at) WITH (pages_per_range = 32);
CREATE INDEX portico_usage_user ON portico_usage (user_id, started_at, id);
CREATE INDEX portico_usage_key ON portico_usage (key_id, started_at, id) WHERE key_id IS NOT NULL;

-- Makes the partition of the month in which a moment is, where there is none.
CREATE FUNCTION portico_usage_month(at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month timestamp := date_trunc('month', to_timestamp(at / 1000.0) AT TIME ZONE 'UTC');
  name text := 'portico_usage_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  -- Two instances may come to a new month at once.
  PERFORM pg_advisory_xact_lock(hashtext('portico_usage_month'));
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS %I PARTITION OF portico_usage FOR VALUES FROM (%s) TO (%s)',
    name,
    (extract(epoch FROM month AT TIME ZONE 'UTC') * 1000)::bigint,
    (extract(epoch FROM (month + interval '1 month') AT TIME ZONE 'UTC') * 1000)::bigint
  );
END $$;

-- Drops the partitions of months that ended at or before a moment. Answers how many.
CREATE FUNCTION portico_usage_drop_before(at bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  name text;
  dropped integer := 0;
BEGIN
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'portico_usage'::regclass
      AND (to_timestamp(substr(c.relname, 15), 'YYYY_MM')::timestamp + interval '1 month')
        <= (to_timestamp(at / 1000.0) AT TIME ZONE 'UTC')
  LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;

-- Sums by day of UTC. An empty id stands for calls that have none.
CREATE TABLE portico_usage_days (
  dimension text COLLATE "C" NOT NULL,
  day text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  calls bigint NOT NULL,
  failures bigint NOT NULL,
  input_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cost_nano_usd bigint NOT NULL,
  unpriced bigint NOT NULL,
  PRIMARY KEY (dimension, day, id, model)
);
CREATE INDEX portico_usage_days_id ON portico_usage_days (dimension, id, day);

CREATE TABLE portico_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  record_id text NOT NULL,
  payload text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  claim text,
  is_parked boolean NOT NULL DEFAULT false,
  due_at bigint NOT NULL,
  created_at bigint NOT NULL,
  UNIQUE (topic, record_id)
);
CREATE INDEX portico_outbox_waiting ON portico_outbox (id) WHERE NOT is_parked;

-- The row `epoch` says since when counters are counted: where it is missing, they were lost.
CREATE TABLE portico_counters (
  key text COLLATE "C" PRIMARY KEY,
  used bigint NOT NULL,
  reserved bigint NOT NULL,
  resets_at bigint
);
CREATE TABLE portico_leases (
  reservation text NOT NULL,
  place integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  resets_at bigint,
  ends_at bigint NOT NULL,
  PRIMARY KEY (reservation, place)
);
CREATE INDEX portico_leases_key ON portico_leases (key, ends_at);

CREATE FUNCTION portico_now(given bigint) RETURNS bigint LANGUAGE sql AS $$
  SELECT COALESCE(given, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
$$;

-- Since when counters are counted. Where that is not known, they begin now, and what was reserved before is void.
CREATE FUNCTION portico_epoch(now_ms bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  since bigint;
BEGIN
  SELECT used INTO since FROM portico_counters WHERE key = 'epoch';
  IF FOUND THEN RETURN since; END IF;
  INSERT INTO portico_counters VALUES ('epoch', now_ms, 0, NULL) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    DELETE FROM portico_leases;
    DELETE FROM portico_counters WHERE key <> 'epoch';
    RETURN now_ms;
  END IF;
  SELECT used INTO since FROM portico_counters WHERE key = 'epoch';
  RETURN since;
END $$;

-- Starts counters anew whose period is over, and gives back what was reserved for leases that are. The rows are locked in
-- the order of their keys, so that no two calls wait for each other.
CREATE FUNCTION portico_clear(keys text[], resets bigint[], now_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM portico_counters c WHERE c.key = ANY (keys) ORDER BY c.key FOR UPDATE;
  UPDATE portico_counters c SET used = 0, reserved = 0, resets_at = r.resets
    FROM unnest(keys, resets) AS r(key, resets)
    WHERE c.key = r.key AND c.resets_at <= now_ms AND c.resets_at IS DISTINCT FROM r.resets;
  WITH over AS (
    DELETE FROM portico_leases l WHERE l.key = ANY (keys) AND l.ends_at <= now_ms RETURNING l.key, l.amount, l.resets_at
  ), sums AS (
    SELECT over.key, over.resets_at, sum(over.amount) AS amount FROM over GROUP BY 1, 2
  )
  UPDATE portico_counters c SET reserved = c.reserved - sums.amount
    FROM sums WHERE c.key = sums.key AND c.resets_at IS NOT DISTINCT FROM sums.resets_at;
END $$;

-- Reserves in all counters or in none. Answers: -1, or the place of the first that has no room (from 0), or -2 where
-- counters must first be rebuilt; then since when counters are counted; then how much is left in each, or for -2 whether
-- each is missing. `starts` says when the period of a counter began that the ledger knows, NULL for others.
CREATE FUNCTION portico_reserve(
  reservation_id text, lease_ms bigint, keys text[], amounts bigint[], limits bigint[], resets bigint[], starts bigint[],
  given_now bigint
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  now_ms bigint := portico_now(given_now);
  since bigint := portico_epoch(now_ms);
  count integer := cardinality(keys);
  refused bigint := -1;
  used_now bigint[];
  reserved_now bigint[];
  missing bigint[];
  wanted bigint;
  answer bigint[];
BEGIN
  SELECT array_agg((c.key IS NULL)::integer::bigint ORDER BY r.place) INTO missing
    FROM unnest(keys) WITH ORDINALITY AS r(key, place) LEFT JOIN portico_counters c ON c.key = r.key;
  IF 1 = ANY (missing) THEN
    FOR i IN 1..count LOOP
      -- One whose period began after counters did has lost nothing.
      IF missing[i] = 1 AND (starts[i] IS NULL OR starts[i] > since) THEN missing[i] := 0; END IF;
    END LOOP;
    IF 1 = ANY (missing) THEN RETURN ARRAY[-2, since] || missing; END IF;
    INSERT INTO portico_counters (key, used, reserved, resets_at)
      SELECT r.key, 0, 0, min(r.resets) FROM unnest(keys, resets) AS r(key, resets) GROUP BY r.key ORDER BY r.key
      ON CONFLICT DO NOTHING;
  END IF;
  PERFORM portico_clear(keys, resets, now_ms);

  SELECT array_agg(c.used ORDER BY r.place), array_agg(c.reserved ORDER BY r.place) INTO used_now, reserved_now
    FROM unnest(keys) WITH ORDINALITY AS r(key, place) JOIN portico_counters c ON c.key = r.key;
  FOR i IN 1..count LOOP
    wanted := 0;
    FOR j IN 1..i LOOP
      IF keys[j] = keys[i] THEN wanted := wanted + amounts[j]; END IF;
    END LOOP;
    IF used_now[i] + reserved_now[i] + wanted > limits[i] THEN
      refused := i - 1;
      EXIT;
    END IF;
  END LOOP;

  IF refused = -1 THEN
    UPDATE portico_counters c SET reserved = c.reserved + s.amount
      FROM (SELECT r.key, sum(r.amount) AS amount FROM unnest(keys, amounts) AS r(key, amount) GROUP BY r.key) s
      WHERE c.key = s.key;
    INSERT INTO portico_leases (reservation, place, key, amount, resets_at, ends_at)
      SELECT reservation_id, r.place, r.key, r.amount, c.resets_at, now_ms + lease_ms
      FROM unnest(keys, amounts) WITH ORDINALITY AS r(key, amount, place) JOIN portico_counters c ON c.key = r.key;
  END IF;

  answer := ARRAY[refused, since];
  FOR i IN 1..count LOOP
    wanted := 0;
    IF refused = -1 THEN
      FOR j IN 1..count LOOP
        IF keys[j] = keys[i] THEN wanted := wanted + amounts[j]; END IF;
      END LOOP;
    END IF;
    answer := answer || GREATEST(0, limits[i] - used_now[i] - reserved_now[i] - wanted);
  END LOOP;
  RETURN answer;
END $$;

-- Replaces what a reservation holds by what was used, once. What was reserved under counters that are lost is still
-- counted, where the counter has been rebuilt since: its record may not have been in the ledger then.
CREATE FUNCTION portico_settle(
  reservation_id text, epoch bigint, lease_ends bigint, keys text[], actual bigint[], given_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  now_ms bigint := portico_now(given_now);
  since bigint := portico_epoch(now_ms);
BEGIN
  PERFORM 1 FROM portico_counters c WHERE c.key = ANY (keys) ORDER BY c.key FOR UPDATE;
  IF since <> epoch THEN
    IF now_ms >= lease_ends THEN RETURN; END IF;
    INSERT INTO portico_leases VALUES (reservation_id, 0, '', 0, NULL, lease_ends) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE portico_counters c SET used = c.used + s.amount
      FROM (SELECT r.key, sum(r.amount) AS amount FROM unnest(keys, actual) AS r(key, amount) GROUP BY r.key) s
      WHERE c.key = s.key AND (c.resets_at IS NULL OR c.resets_at > now_ms);
    RETURN;
  END IF;
  WITH taken AS (
    DELETE FROM portico_leases l WHERE l.reservation = reservation_id RETURNING l.key, l.place, l.amount, l.resets_at, l.ends_at
  ), sums AS (
    SELECT taken.key, taken.resets_at, sum(taken.amount) AS amount,
      COALESCE(sum(actual[taken.place]) FILTER (WHERE taken.ends_at > now_ms), 0) AS used
    FROM taken GROUP BY 1, 2
  )
  UPDATE portico_counters c SET reserved = c.reserved - sums.amount, used = c.used + sums.used
    FROM sums WHERE c.key = sums.key AND c.resets_at IS NOT DISTINCT FROM sums.resets_at;
END $$;
