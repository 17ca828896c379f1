/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config.c - libFuzzer target for the configuration and node.json.
 *
 * Input: the text of a file.  It is read with and without the appliance's own
 * ids; what must hold of a result and of every fault is asserted.
 *
 * Fuzz (clang):
 *	clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *	    src/config/config*.c src/json/json_*.c src/base/span.c \
 *	    src/base/uuid.c src/platform/file.c tests/fuzz/fuzz_config.c \
 *	    -o build/fuzz_config
 *	build/fuzz_config -max_len=65536 CORPUS_DIR tests/vectors/config
 * Replay (any compiler), each file twice:
 *	cc -std=c11 -g -DFUZZ_REPLAY -Isrc src/config/config*.c \
 *	    src/json/json_*.c src/base/span.c src/base/uuid.c \
 *	    src/platform/file.c tests/fuzz/fuzz_config.c \
 *	    -o build/replay_config
 *	build/replay_config FILE...
 */
#include "config/config.h"

#include "base/uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : must_failed(#c, __LINE__))

static void
must_failed(const char *what, int line)
{
	fprintf(stderr, "fuzz_config.c:%d: %s does not hold\n", line, what);
	abort();
}

static struct config config;
static struct config_scratch scratch;

/* What was reported so far. */
struct seen {
	unsigned line, column;
	size_t faults, warnings;
};

static void
check_printable(const char *s, size_t size)
{
	MUST(memchr(s, 0, size) != NULL);
	for (; *s != '\0'; s++)
		MUST(*s >= 0x20 && *s < 0x7f);
}

static void
check_fault(void *ctx, const struct config_fault *f)
{
	struct seen *seen = ctx;

	check_printable(f->key, sizeof f->key);
	check_printable(f->text, sizeof f->text);
	MUST(f->text[0] != '\0' && strlen(f->text) < sizeof f->text - 1);
	MUST(f->line >= 1 && f->column >= 1);
	MUST(f->line > seen->line ||
	    (f->line == seen->line && f->column >= seen->column));
	seen->line = f->line;
	seen->column = f->column;
	if (f->warning)
		seen->warnings++;
	else
		seen->faults++;
}

/* In the pool, or a constant, which is short. */
static void
check_span(struct span s)
{
	uintptr_t p = (uintptr_t)s.p;
	uintptr_t pool = (uintptr_t)config.pool;

	MUST(s.p != NULL || s.n == 0);
	if (p >= pool && p < pool + sizeof config.pool)
		MUST(p - pool + s.n <= config.pool_n);
	else
		MUST(s.n < 64);
	/* Touch every byte for the sanitizer. */
	for (size_t i = 0; i < s.n; i++)
		MUST(s.p[i] >= 0x20 && s.p[i] != 0x7f);
}

static void
check_origin(struct span s)
{
	struct span rest = span_sub(s, 8, s.n);

	check_span(s);
	MUST(span_has_prefix(s, SPAN_LIT("https://")) && rest.n > 0);
	for (size_t i = 0; i < rest.n; i++)
		MUST(strchr("abcdefghijklmnopqrstuvwxyz0123456789-.:",
			 rest.p[i]) != NULL &&
		    rest.p[i] != '\0');
}

static void
check_connector(const struct config_connector *c)
{
	check_span(c->name);
	MUST(c->name.n >= 1 && c->name.n <= CONFIG_NAME_MAX_BYTES);
	MUST(uuid_is_text(c->tenant_id) && uuid_is_text(c->client_id) &&
	    uuid_is_text(c->subscription_id));
	MUST(c->resource_group.n >= 1 && c->resource_group.n <= 90);
	MUST(c->workspace_name.n >= 4 && c->workspace_name.n <= 63);
	check_span(c->resource_group);
	check_span(c->workspace_name);
	MUST(c->cloud <= CONFIG_CUSTOM);
	check_origin(c->authority_url);
	check_origin(c->arm_url);
	check_span(c->api_version);
	MUST(c->poll_interval_s >= 60 && c->poll_interval_s <= 86400);
	MUST(c->overlap_s <= 7200 && c->initial_lookback_h <= 8760);
	MUST(c->enrichment_calls_per_5min >= 10);
	MUST(c->statuses >= 1 && c->statuses <= 7 && c->fetch <= 7);
	MUST(c->exclude_count <= CONFIG_EXCLUDE_MAX_COUNT);
	for (size_t i = 0; i < c->exclude_count; i++) {
		MUST(c->exclude[i].value.n >= 1);
		check_span(c->exclude[i].value);
	}
}

static void
check_sink(const struct config_sink *s)
{
	MUST(s->name.n >= 1 && s->name.n <= CONFIG_NAME_MAX_BYTES);
	check_span(s->name);
	MUST(s->type <= CONFIG_SINK_ANALYTICS && s->format <= CONFIG_ARTIFACT);
	MUST((s->type == CONFIG_SINK_FILE) == (s->path.n != 0));
	MUST((s->type == CONFIG_SINK_FILE) == (s->url.n == 0));
	if (s->type == CONFIG_SINK_ANALYTICS)
		check_origin(s->url);
	check_span(s->path);
	check_span(s->url);
	check_span(s->subject);
	check_span(s->stream);
	check_span(s->user);
	check_span(s->ca_file);
	check_span(s->status_subject);
	check_span(s->email);
}

static void
check_config(void)
{
	MUST(config.version >= 1);
	MUST(uuid_is_text(config.appliance_id));
	MUST(config.org_id.n >= 1 && config.org_id.n <= 63);
	check_span(config.org_id);
	MUST(config.connector_count <= CONFIG_CONNECTOR_MAX_COUNT);
	MUST(config.sink_count >= 1);
	MUST(config.sink_count <= CONFIG_SINK_MAX_COUNT);
	for (size_t i = 0; i < config.connector_count; i++) {
		check_connector(&config.connector[i]);
		for (size_t k = 0; k < i; k++)
			MUST(!span_eq(config.connector[i].name,
			    config.connector[k].name));
	}
	for (size_t i = 0; i < config.sink_count; i++) {
		check_sink(&config.sink[i]);
		for (size_t k = 0; k < i; k++)
			MUST(
			    !span_eq(config.sink[i].name, config.sink[k].name));
	}
	check_span(config.proxy);
	check_span(config.proxy_user);
	check_span(config.ca_file);
	check_span(config.control_socket);
	check_span(config.status_socket);
	check_span(config.web_user);
	MUST(config.web_admin_count <= CONFIG_WEB_ADMIN_MAX_COUNT);
	for (size_t i = 0; i < config.web_admin_count; i++)
		check_span(config.web_admins[i]);
}

static enum st
parse(struct span text, const struct config_defaults *defaults)
{
	struct seen seen = { 0, 0, 0, 0 };
	enum st st;

	memset(&config, 0xa5, sizeof config);
	st = config_parse(
	    &config, text, defaults, &scratch, check_fault, &seen);
	MUST(st == ST_OK || st == ST_CONFIG || st == ST_FULL);
	MUST((st == ST_OK) == (seen.faults == 0));
	if (st == ST_OK) {
		MUST(config.version > 1 || seen.warnings == 0);
		check_config();
	}
	return st;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config_defaults GIVEN = {
		{ (const uint8_t *)"ABCDEFAB-0000-0000-0000-000000000001", 36 },
		{ (const uint8_t *)"Org", 3 },
	};
	struct span text = { data, size };
	struct config_defaults node;
	enum st alone = parse(text, NULL);

	/* Ids can only help. */
	MUST(parse(text, &GIVEN) == alone || alone == ST_CONFIG);
	config_node_parse(text, &scratch, &node);
	MUST(node.appliance_id.p == NULL || uuid_is_text(node.appliance_id));
	MUST(node.org_id.p == NULL || node.org_id.n <= 63);
	(void)parse(SPAN_LIT("{\"version\":1}"), &node);
	return 0;
}

#ifdef FUZZ_REPLAY
int
main(int argc, char **argv)
{
	static uint8_t data[2u * CONFIG_FILE_MAX_BYTES];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n;

		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		n = fread(data, 1, sizeof data, f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
		LLVMFuzzerTestOneInput(data, n);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
