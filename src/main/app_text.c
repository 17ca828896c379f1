/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "main/app.h"
#include "platform/file.h"

/* stderr may be gone; there is nobody left to tell. */
static void
to_stderr(const struct buf *b)
{
	if (file_write_all(STDERR_FILENO, span_of(b)) != ST_OK)
		return;
}

void
app_say(const char *a, const char *b, const char *c)
{
	uint8_t text[1024];
	struct buf line = BUF_OVER(text);

	buf_put_str(&line, "wf-sentinel: ");
	buf_put_str(&line, a);
	buf_put_str(&line, b);
	buf_put_str(&line, c);
	buf_put_byte(&line, '\n');
	to_stderr(&line);
}

void
app_say_diagnosis(const char *what, const struct diagnosis *d)
{
	uint8_t text[1024];
	struct buf line = BUF_OVER(text);

	buf_put_str(&line, "wf-sentinel: ");
	buf_put_str(&line, what);
	buf_put_str(&line, ": ");
	buf_put_str(&line, d->message);
	buf_put_str(&line, " Setting: ");
	buf_put_str(&line, d->setting);
	buf_put_str(&line, ". Code: ");
	buf_put_str(&line, d->code);
	buf_put_str(&line, ". See 'wf-sentinel test'.\n");
	to_stderr(&line);
}

int
app_print(struct span text)
{
	if (file_write_all(STDOUT_FILENO, text) == ST_OK)
		return EXIT_DONE;
	app_say("the output cannot be written", "", "");
	return EXIT_IO;
}
