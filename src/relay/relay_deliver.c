/* SPDX-License-Identifier: MIT */
/*
 * From the store to the sinks: a batch of records is written and synced, then
 * its last number is acknowledged: in the transaction of the next batch, or in
 * one of its own when the cycle has ended.  A crash in between delivers the
 * batch again under the same identities.
 */
#include "base/ticks.h"
#include "platform/file.h"
#include "relay/relay_priv.h"

static void
fail_sink(struct relay *r, struct relay_sink *sink, const char *code)
{
	bool said = diagnosis_is_set(&sink->diagnosis);

	diagnosis_set(&sink->diagnosis, span_str(code), sink->config->name);
	if (said)
		return;
	sink->failed_since = relay_wall(r);
	log_event(r->settings.log, LOG_LEVEL_ERROR, "sink_failed",
	    LOG_FIELDS(log_text("sink", sink->config->name),
		log_str("code", code),
		log_str("setting", sink->diagnosis.setting),
		log_str("message", sink->diagnosis.message)));
}

/* The store failed, not a sink: room is made or it is opened again, as after
 * relay_end_store.  The code for it. */
static const char *
fail_store(struct relay *r, enum st st)
{
	if (st == ST_FULL)
		r->store_full = true;
	else
		r->store_failed = true;
	return st == ST_FULL ? "store_full" : "store_failed";
}

static size_t
enabled_sinks(const struct config *config)
{
	size_t n = 0;

	for (size_t i = 0; i < config->sink_count; i++)
		n += config->sink[i].enabled;
	return n;
}

static enum st
open_file(struct relay *r, struct relay_sink *sink)
{
	const struct config_sink *config = sink->config;
	char path[PATH_MAX_BYTES];
	enum st st;

	if (sink->open)
		return ST_OK;
	st = config->path.n != 0 && config->path.p[0] == '/' ?
	    span_to_str(config->path, path, sizeof path) :
	    file_path(path, span_str(r->settings.state_dir), config->path);
	if (st == ST_OK)
		st = sink_file_open(&sink->file, path,
		    (uint64_t)config->rotate_mib << 20, config->keep,
		    enabled_sinks(r->settings.config) > 1);
	sink->open = st == ST_OK;
	return st;
}

/* Write up to a batch; *last is the number of the last one written.  *code is
 * set when it was the store that failed. */
static enum st
write_batch(struct relay *r, struct relay_sink *sink, int64_t *last,
    unsigned *count, const char **code)
{
	struct store_record rec;
	enum st st = ST_OK;

	*last = sink->acknowledged;
	for (*count = 0; *count < RELAY_BATCH_COUNT; ++*count) {
		buf_reset(&r->record);
		st = store_record_next(r->store, *last, &rec, &r->record);
		if (st == ST_CORRUPT && rec.seq != 0) {
			/* Never delivered; said, and passed. */
			log_event(r->settings.log, LOG_LEVEL_ERROR,
			    "record_damaged",
			    LOG_FIELDS(log_number("seq", rec.seq)));
			*last = rec.seq;
			st = ST_OK;
			continue;
		}
		if (st == ST_NOT_FOUND)
			return ST_OK;
		if (st != ST_OK) {
			*code = fail_store(r, st);
			break;
		}
		st = sink_file_write(&sink->file, span_of(&r->record));
		if (st != ST_OK)
			break;
		*last = rec.seq;
	}
	return st;
}

enum st
relay_sinks_put(struct relay *r)
{
	enum st st = ST_OK;

	for (size_t i = 0; i < CONFIG_SINK_MAX_COUNT && st == ST_OK; i++) {
		const struct relay_sink *sink = &r->sink[i];

		if (sink->moved)
			st = store_sink_put(
			    r->store, sink->config->name, sink->acknowledged);
	}
	return st;
}

void
relay_sinks_kept(struct relay *r)
{
	for (size_t i = 0; i < CONFIG_SINK_MAX_COUNT; i++)
		r->sink[i].moved = false;
}

enum st
relay_sinks_save(struct relay *r)
{
	bool moved = false;
	enum st st;

	for (size_t i = 0; i < CONFIG_SINK_MAX_COUNT; i++)
		moved = moved || r->sink[i].moved;
	if (!moved)
		return ST_OK;
	st = relay_write(r);
	return st == ST_OK ? relay_commit(r) : st;
}

/* One batch.  ST_OK with *more when there may be another one; *code as of
 * write_batch. */
static enum st
deliver_batch(
    struct relay *r, struct relay_sink *sink, bool *more, const char **code)
{
	enum st written, st;
	unsigned count;
	int64_t last;

	*more = false;
	st = open_file(r, sink);
	if (st != ST_OK)
		return st;
	written = write_batch(r, sink, &last, &count, code);
	st = written == ST_IO ? ST_IO : sink_file_sync(&sink->file);
	sink->open = sink->file.fd >= 0;
	if (st == ST_OK && last != sink->acknowledged) {
		sink->acknowledged = last;
		sink->moved = true;
		sink->counters->delivered += count;
	}
	*more = count == RELAY_BATCH_COUNT;
	return st != ST_OK ? st : written;
}

/* What every enabled sink has. */
static int64_t
acknowledged_by_all(const struct relay *r)
{
	const struct config *config = r->settings.config;
	int64_t acknowledged = INT64_MAX;

	for (size_t i = 0; i < config->sink_count; i++)
		if (r->sink[i].config->enabled &&
		    r->sink[i].acknowledged < acknowledged)
			acknowledged = r->sink[i].acknowledged;
	return acknowledged;
}

/* Delivered records stay for a while, for replay and `workunits`; when the
 * store is full they go at once. */
static void
prune(struct relay *r)
{
	int64_t keep_s = (int64_t)r->settings.config->store_keep_days * 86400;
	int64_t older = r->store_full ? INT64_MAX :
					relay_wall(r) - keep_s * TICKS_PER_S;
	enum st st = ST_OK;

	for (unsigned i = 0; st == ST_OK && i < RELAY_PRUNE_ROUNDS; i++) {
		st = store_begin(r->store);
		if (st == ST_OK)
			st = store_record_prune(r->store,
			    acknowledged_by_all(r), older, RELAY_PRUNE_COUNT);
		if (st == ST_OK)
			st = store_commit(r->store);
		else if (r->store->in_transaction)
			store_rollback(r->store);
	}
	r->store_full = false;
	if (st != ST_OK && st != ST_NOT_FOUND)
		log_event(r->settings.log, LOG_LEVEL_WARNING, "prune_failed",
		    LOG_FIELDS(log_str("reason", st_text(st))));
}

static void
deliver_to(struct relay *r, struct relay_sink *sink)
{
	const char *code = NULL;
	bool more = true;
	enum st st = ST_OK;

	while (st == ST_OK && more)
		st = deliver_batch(r, sink, &more, &code);
	if (code == NULL)
		code = st == ST_FULL ? "sink_full" : "sink_failed";
	if (st == ST_OK)
		diagnosis_clear(&sink->diagnosis);
	else
		fail_sink(r, sink, code);
}

/* Nothing more is to come that they could be committed with. */
static void
save_positions(struct relay *r)
{
	enum st st = relay_sinks_save(r);

	for (size_t i = 0; i < CONFIG_SINK_MAX_COUNT && st != ST_OK; i++)
		if (r->sink[i].moved)
			fail_sink(r, &r->sink[i], fail_store(r, st));
}

const struct diagnosis *
relay_sink_failure(const struct relay *r)
{
	for (size_t i = 0; i < r->settings.config->sink_count; i++)
		if (diagnosis_is_set(&r->sink[i].diagnosis))
			return &r->sink[i].diagnosis;
	return NULL;
}

void
relay_deliver(struct relay *r)
{
	for (size_t i = 0; i < r->settings.config->sink_count; i++)
		if (r->sink[i].config->enabled)
			deliver_to(r, &r->sink[i]);
	if (r->state != RELAY_IDLE)
		return;
	save_positions(r);
	if (relay_sink_failure(r) == NULL)
		prune(r);
}

enum st
relay_sinks_open(struct relay *r, struct diagnosis *d)
{
	const struct config *config = r->settings.config;
	enum st st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < config->sink_count; i++) {
		struct relay_sink *sink = &r->sink[i];

		sink->config = &config->sink[i];
		sink->file.fd = -1;
		diagnosis_clear(&sink->diagnosis);
		if (!sink->config->enabled)
			continue;
		if (sink->config->type != CONFIG_SINK_FILE ||
		    sink->config->format != CONFIG_WORKUNIT) {
			diagnosis_set(d, SPAN_LIT("sink_unsupported"),
			    sink->config->name);
			return ST_CONFIG;
		}
		st = store_sink_get(
		    r->store, sink->config->name, &sink->acknowledged);
		if (st != ST_OK)
			diagnosis_set(d, SPAN_LIT("store_failed"), SPAN_NONE);
	}
	return st;
}

void
relay_sinks_close(struct relay *r)
{
	for (size_t i = 0; i < r->settings.config->sink_count; i++)
		if (r->sink[i].open)
			sink_file_close(&r->sink[i].file);
}
