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

/* Unicode's East_Asian_Width W and F, and marks that combine, as far as they
 * are in use; first and last. */
static const struct {
	uint32_t first, last;
	uint8_t columns;
} RANGES[] = {
	{ 0x0300, 0x036f, 0 },
	{ 0x0483, 0x0489, 0 },
	{ 0x0591, 0x05bd, 0 },
	{ 0x064b, 0x065f, 0 },
	{ 0x0e34, 0x0e3a, 0 },
	{ 0x1100, 0x115f, 2 },
	{ 0x20d0, 0x20ff, 0 },
	{ 0x2e80, 0xa4cf, 2 },
	{ 0xac00, 0xd7a3, 2 },
	{ 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },
	{ 0xfe30, 0xfe6f, 2 },
	{ 0xff00, 0xff60, 2 },
	{ 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 },
	{ 0x1f680, 0x1f6ff, 2 },
	{ 0x1f900, 0x1f9ff, 2 },
	{ 0x20000, 0x3fffd, 2 },
};

size_t
app_columns(struct span character)
{
	static const uint8_t FIRST[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = 0;

	for (size_t i = 0; i < character.n && i < 4; i++)
		point = i == 0 ?
		    character.p[0] & FIRST[character.n < 4 ? character.n : 4] :
		    point << 6 | (character.p[i] & 0x3f);
	for (size_t i = 0; i < sizeof RANGES / sizeof RANGES[0]; i++)
		if (point >= RANGES[i].first && point <= RANGES[i].last)
			return RANGES[i].columns;
	return 1;
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
	while (rest.n != 0) {
		size_t n = span_printable(rest), columns;

		if (!span_take(&rest, n != 0 ? n : 1, &head))
			break;
		/* The rest of a character that was a '?'. */
		if (n == 0 && (head.p[0] & 0xc0) == 0x80)
			continue;
		if (n == 0)
			head = SPAN_LIT("?");
		columns = app_columns(head);
		if (used + columns > width)
			break;
		buf_put(b, head);
		used += columns;
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
