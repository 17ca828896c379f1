/* SPDX-License-Identifier: MIT */
/*
 * What only a support bundle has.
 */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_priv.h"
#include "base/ticks.h"
#include "platform/file.h"

#define AUDIT_NAME "audit.ndjson"

static void
put_member(struct json_out *o, const char *key, const char *text)
{
	json_put_key(o, key);
	json_put_string(o, span_str(text));
}

/* A time, or null when it is 0. */
static void
put_time(struct json_out *o, const char *key, int64_t ticks)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	json_put_key(o, key);
	if (ticks == 0) {
		json_put_null(o);
		return;
	}
	ticks_write(&b, ticks);
	json_put_text(o, span_of(&b));
}

/* ---- about.json --------------------------------------------------------- */

/* uname(2) was asked at the start, before the sandbox. */
unsigned
api_support_about(void *ctx, struct control_call *call)
{
	const struct app *a = ctx;
	struct json_out o = { call->out, false };

	json_put_open(&o, '{');
	put_member(&o, "version", WF_VERSION);
	put_member(&o, "revision", a->revision);
	put_member(&o, "board", WF_BOARD);
	put_member(&o, "dependencies", a->dependencies);
	json_put_key(&o, "state_schema");
	json_put_int(&o, STORE_SCHEMA);
	put_time(&o, "at", clock_wall_ticks(&clock_system));
	json_put_key(&o, "daemon");
	json_put_bool(&o, a->is_serving);
	put_member(&o, "state_directory", a->options.state);
	put_member(&o, "system", a->machine.sysname);
	put_member(&o, "kernel", a->machine.release);
	put_member(&o, "kernel_build", a->machine.version);
	put_member(&o, "machine", a->machine.machine);
	json_put_close(&o, '}');
	buf_put_byte(call->out, '\n');
	return 200;
}

/* ---- config.json -------------------------------------------------------- */

static enum control_more
more_of_config(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;

	return config_write(a->config, state, out) ? CONTROL_PIECE :
						     CONTROL_END;
}

/* What is in use; nothing where none was usable yet. */
unsigned
api_support_config(void *ctx, struct control_call *call)
{
	const struct app *a = ctx;

	if (a->is_serving ? a->is_ready : a->config->version != 0)
		call->more = more_of_config;
	return 200;
}

/* ---- secrets.json ------------------------------------------------------- */

static bool
put_entry(void *ctx, const struct vault_entry *entry)
{
	struct json_out *o = ctx;

	json_put_open(o, '{');
	put_member(o, "scope", entry->scope);
	put_member(o, "field", entry->field);
	put_member(o, "state", st_text(entry->state));
	put_time(o, "set_at", entry->set_at);
	put_time(o, "expires", entry->expires_at);
	json_put_close(o, '}');
	return true;
}

/* Names, ages and expiries; there is no way to a value. */
unsigned
api_support_secrets(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct json_out o = { call->out, false };
	enum st st = ST_OK;

	if (a->vault.kind == NULL)
		st = vault_init(
		    &a->vault, span_str(a->options.state), &vault_device_key);
	json_put_open(&o, '{');
	json_put_key(&o, "secrets");
	json_put_open(&o, '[');
	if (st == ST_OK)
		st = vault_list(&a->vault, put_entry, &o);
	json_put_close(&o, ']');
	put_member(&o, "vault", st_text(st));
	json_put_close(&o, '}');
	buf_put_byte(call->out, '\n');
	return 200;
}

/* ---- log.txt ------------------------------------------------------------ */

/* The newest first: the older ones may go while it is sent.  *state is the
 * place in the ring. */
static enum control_more
more_of_log(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	size_t start = out->n;

	while (out->cap - out->n > LOG_LINE_MAX_BYTES &&
	    log_ring_before(&a->log_ring, state, out))
		buf_put_byte(out, '\n');
	return out->n == start ? CONTROL_END : CONTROL_PIECE;
}

unsigned
api_support_log(void *ctx, struct control_call *call)
{
	const struct app *a = ctx;

	call->state = a->log_ring.end;
	call->more = more_of_log;
	return 200;
}

/* ---- audit.ndjson ------------------------------------------------------- */

static int
open_audit(const struct app *a, struct stat *about)
{
	char path[PATH_MAX_BYTES];
	int fd;

	if (file_path(path, span_str(a->options.state), SPAN_LIT(AUDIT_NAME)) !=
	    ST_OK)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, about) != 0 || !S_ISREG(about->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* *state is the place in the file. */
static enum control_more
more_of_audit(void *ctx, uint64_t *state, struct buf *out)
{
	struct stat about;
	ssize_t n = 0;
	int fd = open_audit(ctx, &about);

	if (fd < 0)
		return CONTROL_END;
	n = pread(fd, out->p + out->n, out->cap - out->n, (off_t)*state);
	close(fd);
	if (n <= 0)
		return CONTROL_END;
	out->n += (size_t)n;
	*state += (uint64_t)n;
	return CONTROL_PIECE;
}

/* Its end, from the beginning of a line on. */
unsigned
api_support_audit(void *ctx, struct control_call *call)
{
	struct stat about;
	int fd = open_audit(ctx, &about);
	uint64_t size;
	size_t line;

	if (fd < 0)
		return 200;
	close(fd);
	size = (uint64_t)about.st_size;
	call->more = more_of_audit;
	if (size <= SUPPORT_AUDIT_BYTES)
		return 200;
	call->state = size - SUPPORT_AUDIT_BYTES;
	if (more_of_audit(ctx, &call->state, call->out) != CONTROL_PIECE)
		return 200;
	line = span_find_byte(span_of(call->out), '\n');
	call->state -= line == SIZE_MAX ? 0 : call->out->n - line - 1;
	buf_reset(call->out);
	return 200;
}
