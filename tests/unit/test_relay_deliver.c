/* SPDX-License-Identifier: MIT */
/* Whose fault it is that records do not arrive. */
#define _GNU_SOURCE

#include "log_bench.h"
#include "relay/relay_priv.h"
#include "store_bench.h"

static struct config config;
static struct bench t;
static struct relay r;
static struct counters counters;
static uint8_t record[RECORD_MAX_BYTES];

/* A relay over the store, with one sink and a cycle that is under way. */
static void
open_relay(const char *path)
{
	struct diagnosis d;

	make();
	set_up(&t, LOG_LEVEL_DEBUG);
	config.sink[0] = (struct config_sink){ .name = SPAN_LIT("file"),
		.type = CONFIG_SINK_FILE,
		.enabled = true,
		.path = span_str(path),
		.rotate_mib = 64,
		.keep = 5 };
	config.sink_count = 1;
	r.settings = (struct relay_settings){ .config = &config,
		.clock = &t.clock,
		.log = &t.log,
		.counters = &counters,
		.state_dir = at.dir };
	relay_count_open(&r);
	r.store = &store;
	r.record = (struct buf){ record, 0, sizeof record, false };
	r.state = RELAY_ENRICH;
	diagnosis_clear(&d);
	OK(relay_sinks_open(&r, &d));
	OK(store_begin(&store));
	append(1, 100);
	append(2, 100);
	OK(store_commit(&store));
}

static void
close_relay(void)
{
	relay_sinks_close(&r);
	clean();
}

TestSuite(relay_deliver, .fini = close_relay);

static void
deliver_fails(const char *code, const char *setting)
{
	const struct diagnosis *d;

	relay_deliver(&r);
	d = relay_sink_failure(&r);
	cr_assert_not_null(d);
	cr_assert_str_eq(d->code, code);
	cr_assert_str_eq(d->setting, setting);
	(void)said(&t);
	cr_assert_not_null(strstr(t.text, code), "%s", t.text);
}

Test(relay_deliver, a_store_that_cannot_be_read_is_the_stores_fault)
{
	open_relay("out.ndjson");
	store.broken = true;
	deliver_fails("store_failed", "store.max_mib");
	cr_assert(r.store_failed);
	cr_assert_not(r.store_full);
	cr_assert_eq(r.sink[0].acknowledged, 0);
	cr_assert(r.sink[0].open, "the sink is as good as before");
}

Test(relay_deliver, a_store_without_room_is_full_and_not_the_sink)
{
	open_relay("out.ndjson");
	OK(store_begin(&store));
	store.st = ST_FULL;
	deliver_fails("store_full", "store.max_mib");
	cr_assert(r.store_full);
	cr_assert_not(r.store_failed);
	store.st = ST_OK; /* as it really is */
	store_rollback(&store);
	relay_deliver(&r);
	cr_assert_null(relay_sink_failure(&r));
	cr_assert_eq(r.sink[0].acknowledged, 2);
}

Test(relay_deliver, a_sink_that_cannot_be_written_is_the_sinks_fault)
{
	open_relay("missing/out.ndjson");
	deliver_fails("sink_failed", "sinks");
	cr_assert_not(r.store_failed);
	cr_assert_not(r.store_full);
}
