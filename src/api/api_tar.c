/* SPDX-License-Identifier: MIT */
/*
 * The header, at these offsets: name 0, mode 100, uid 108, gid 116, size 124,
 * mtime 136, checksum 148, type 156, link 157, magic 257, version 263, user
 * 265, group 297, device 329 and 337, prefix 345.  Numbers are octal digits
 * and a NUL; the checksum is the sum of all bytes with its own as blanks.
 */
#include <assert.h>
#include <string.h>

#include "api/api_priv.h"

static void
put_octal(uint8_t *at, size_t digits, uint64_t value)
{
	for (size_t i = digits; i-- > 0; value >>= 3)
		at[i] = (uint8_t)('0' + (value & 7));
	assert(value == 0);
}

void
api_tar_header(struct buf *out, const char *name, uint64_t size, int64_t unix_s)
{
	static const char MAGIC[] = "ustar\00000";
	size_t n = strlen(name);
	uint8_t *h = buf_claim(out, API_TAR_BLOCK_BYTES);
	uint32_t sum = 0;

	assert(n != 0 && n < 100);
	if (h == NULL)
		return;
	memset(h, 0, API_TAR_BLOCK_BYTES);
	memcpy(h, name, n);
	put_octal(h + 100, 7, 0600);
	put_octal(h + 108, 7, 0);
	put_octal(h + 116, 7, 0);
	put_octal(h + 124, 11, size);
	put_octal(h + 136, 11, unix_s > 0 ? (uint64_t)unix_s : 0);
	memset(h + 148, ' ', 8);
	h[156] = '0';
	memcpy(h + 257, MAGIC, sizeof MAGIC - 1);
	put_octal(h + 329, 7, 0);
	put_octal(h + 337, 7, 0);
	for (size_t i = 0; i < API_TAR_BLOCK_BYTES; i++)
		sum += h[i];
	put_octal(h + 148, 6, sum);
	h[154] = '\0';
}
