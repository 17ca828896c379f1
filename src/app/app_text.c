/* SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "app/app.h"
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
	uint8_t text[2048];
	struct buf line = BUF_OVER(text);

	buf_put_str(&line, "wf-sentinel: ");
	buf_put_str(&line, a);
	buf_put_str(&line, b);
	buf_put_str(&line, c);
	buf_put_byte(&line, '\n');
	to_stderr(&line);
}

void
app_say_diagnosis(const char *what, const struct diagnosis *d, const char *look)
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
	buf_put_str(&line, ". See ");
	buf_put_str(&line, look);
	buf_put_str(&line, ".\n");
	to_stderr(&line);
}

void
app_put_column(struct buf *b, struct span canonical, size_t width)
{
	uint8_t plain[1024];
	struct buf text = BUF_OVER(plain);
	struct span rest, head;
	size_t used = 0;

	json_decode(&text, canonical);
	rest = span_of(&text);
	while (rest.n != 0 && used < width) {
		size_t n = span_printable(rest);

		if (!span_take(&rest, n != 0 ? n : 1, &head))
			break;
		/* The rest of a character that was a '?'. */
		if (n == 0 && (head.p[0] & 0xc0) == 0x80)
			continue;
		buf_put(b, n != 0 ? head : SPAN_LIT("?"));
		used++;
	}
	while (used++ < width)
		buf_put_byte(b, ' ');
	buf_put_byte(b, ' ');
}

void
app_trim(struct buf *b)
{
	while (b->n != 0 && b->p[b->n - 1] == ' ')
		b->n--;
}

int
app_print(struct span text)
{
	if (file_write_all(STDOUT_FILENO, text) == ST_OK)
		return EXIT_DONE;
	app_say("the output cannot be written", "", "");
	return EXIT_IO;
}
