/* SPDX-License-Identifier: MIT */
/*
 * The pool is a row of blocks without gaps:
 *
 *	| header | payload | header | payload | ... | end header |
 *
 * A header holds the size of its block (header included, bit 0: in use) and
 * the size of the block before it, so that both neighbours are found and free
 * neighbours are merged at once: two free blocks never touch.  The end header
 * has size 0 and counts as used.  All free payload bytes are zero: blocks are
 * wiped when given back, headers when they vanish in a merge.
 *
 * First fit by address keeps the pages in use together, but holes too small
 * for the request are what it would spend its time on.  So there is a place to
 * begin for each class of sizes: a search notes where it saw the first block
 * of its class, and a block that becomes free or larger takes the places of
 * its class and of those below back to itself.
 */
#include "arena/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

struct header {
	size_t size;   /* bit 0: in use */
	size_t before; /* size of the block before, 0 for the first */
};

#define HEADER_BYTES sizeof(struct header)
#define USED         ((size_t)1)
#define BLOCK_MIN    (2 * HEADER_BYTES)

/* The smallest block of a class. */
#define CLASS_BYTES(class) ((size_t)BLOCK_MIN << (class))

_Static_assert(sizeof(struct header) == ARENA_ALIGN, "payloads are aligned");

static struct header *
header_at(const struct arena *a, size_t at)
{
	return (struct header *)(void *)(a->pool + at);
}

static size_t
size_of(const struct header *h)
{
	return h->size & ~USED;
}

/* The class of a block of `n` bytes. */
static unsigned
class_of(size_t n)
{
	unsigned class = 0;

	while (class < ARENA_CLASS_COUNT - 1 && n >= CLASS_BYTES(class + 1))
		class ++;
	return class;
}

void
arena_init(struct arena *a, void *pool, size_t size)
{
	assert(size >= 4 * HEADER_BYTES && size % ARENA_ALIGN == 0);
	memset(a, 0, sizeof *a);
	a->pool = pool;
	a->size = size;
	header_at(a, 0)->size = size - HEADER_BYTES;
	header_at(a, size - HEADER_BYTES)->size = USED;
	header_at(a, size - HEADER_BYTES)->before = size - HEADER_BYTES;
}

/* Cut the block at `at` in two; the first part gets `n` bytes. */
static void
split(struct arena *a, size_t at, size_t n)
{
	struct header *h = header_at(a, at);
	struct header *rest = header_at(a, at + n);

	rest->size = h->size - n;
	rest->before = n;
	header_at(a, at + h->size)->before = rest->size;
	h->size = n;
}

static void
mark_used(struct arena *a, size_t at)
{
	struct header *h = header_at(a, at);

	h->size |= USED;
	a->used_bytes += size_of(h);
	if (a->used_bytes > a->peak_bytes)
		a->peak_bytes = a->used_bytes;
	if (at + size_of(h) > a->high_bytes)
		a->high_bytes = at + size_of(h);
}

/* The block at `at` is free, and new or larger than before. */
static void
note_free(struct arena *a, size_t at)
{
	unsigned class = class_of(header_at(a, at)->size);

	for (unsigned i = 0; i <= class; i++)
		if (at < a->hint[i])
			a->hint[i] = at;
}

static bool
must_fail(struct arena *a)
{
	if (a->fail_at == 0 || a->count < a->fail_at)
		return false;
	return a->count - a->fail_at < a->fail_count;
}

/* What must stand before an aligned payload in the block at `at`: 0, or enough
 * for a free block of its own. */
static size_t
padding(const struct arena *a, size_t at, size_t align)
{
	uintptr_t payload = (uintptr_t)(a->pool + at + HEADER_BYTES);
	size_t pad = (size_t)(-payload & (align - 1));

	return pad != 0 && pad < BLOCK_MIN ? pad + align : pad;
}

/* Count a request for `n` bytes.  The block that it needs, header included; 0
 * when it is to fail. */
static size_t
admit(struct arena *a, size_t n)
{
	size_t need = (n + HEADER_BYTES + ARENA_ALIGN - 1) &
	    ~(size_t)(ARENA_ALIGN - 1);

	a->count++;
	if (n >= a->size || must_fail(a))
		return 0;
	return need < BLOCK_MIN ? BLOCK_MIN : need;
}

/* The block at `at` is free and large enough: use `need` bytes of it. */
static void
use(struct arena *a, size_t at, size_t need)
{
	if (header_at(a, at)->size >= need + BLOCK_MIN)
		split(a, at, need);
	mark_used(a, at);
}

/* The first free block with room for `need` bytes whose payload is aligned;
 * SIZE_MAX when there is none.  *pad is what must stand before. */
static size_t
find(struct arena *a, size_t need, size_t align, size_t *pad)
{
	unsigned class = class_of(need);
	size_t first = SIZE_MAX; /* free block of the class that was passed */
	size_t at = a->hint[class];

	for (;;) {
		const struct header *h = header_at(a, at);

		if (h->size == USED)
			return SIZE_MAX;
		if ((h->size & USED) == 0 && h->size >= CLASS_BYTES(class)) {
			*pad = padding(a, at, align);
			if (h->size >= need + *pad)
				break;
			if (first == SIZE_MAX)
				first = at;
		}
		at += size_of(h);
	}
	a->hint[class] = first != SIZE_MAX ? first : at;
	return at;
}

/* The payload for an admitted request; NULL when there is no room. */
static void *
take(struct arena *a, size_t need, size_t align)
{
	size_t pad = 0;
	size_t at = need == 0 ? SIZE_MAX : find(a, need, align, &pad);

	if (at == SIZE_MAX)
		return NULL;
	if (pad != 0) {
		split(a, at, pad);
		at += pad;
	}
	use(a, at, need);
	return a->pool + at + HEADER_BYTES;
}

static void *
refused(struct arena *a, size_t n)
{
	a->failed++;
	a->last_refused_bytes = n;
	return NULL;
}

void *
arena_take_aligned(struct arena *a, size_t n, size_t align)
{
	void *p;

	assert(align >= ARENA_ALIGN && (align & (align - 1)) == 0);
	p = take(a, admit(a, n), align);
	return p != NULL ? p : refused(a, n);
}

void *
arena_take(struct arena *a, size_t n)
{
	return arena_take_aligned(a, n, ARENA_ALIGN);
}

/* The place of the block whose payload is p; aborts for anything else. */
static size_t
place_of(const struct arena *a, const void *p)
{
	uintptr_t at = (uintptr_t)p - (uintptr_t)a->pool - HEADER_BYTES;

	if (at >= a->size || at % ARENA_ALIGN != 0 ||
	    (header_at(a, at)->size & USED) == 0)
		abort();
	return at;
}

/* The block at `at` swallows its right neighbour when that is free. */
static void
merge_right(struct arena *a, size_t at)
{
	struct header *h = header_at(a, at);
	size_t right = at + h->size;
	size_t n = header_at(a, right)->size;

	if ((n & USED) != 0)
		return;
	memset(header_at(a, right), 0, HEADER_BYTES);
	h->size += n;
	header_at(a, at + h->size)->before = h->size;
	for (unsigned i = 0; i < ARENA_CLASS_COUNT; i++)
		if (a->hint[i] == right)
			a->hint[i] = at;
}

void
arena_give(struct arena *a, void *p)
{
	struct header *h;
	size_t at;

	if (p == NULL)
		return;
	at = place_of(a, p);
	h = header_at(a, at);
	h->size &= ~USED;
	a->used_bytes -= h->size;
	wipe(p, h->size - HEADER_BYTES);
	merge_right(a, at);
	if (h->before != 0 &&
	    (header_at(a, at - h->before)->size & USED) == 0) {
		at -= h->before;
		merge_right(a, at);
	}
	note_free(a, at);
}

size_t
arena_usable(const struct arena *a, const void *p)
{
	if (p == NULL)
		return 0;
	return size_of(header_at(a, place_of(a, p))) - HEADER_BYTES;
}

/* Take what is missing from the free block behind; false when it is not
 * enough. */
static bool
extend(struct arena *a, size_t at, size_t need)
{
	struct header *h = header_at(a, at);
	const struct header *right = header_at(a, at + size_of(h));

	if ((right->size & USED) != 0 || size_of(h) + right->size < need)
		return false;
	h->size &= ~USED;
	a->used_bytes -= h->size;
	merge_right(a, at);
	use(a, at, need);
	return true;
}

void *
arena_resize(struct arena *a, void *p, size_t n)
{
	size_t old = arena_usable(a, p);
	size_t need;
	void *fresh;

	/* Shrinking to more than half stays: no copy, no fragment. */
	if (p != NULL && n <= old && n >= old / 2)
		return p;
	need = admit(a, n);
	if (p != NULL && n > old && need != 0 &&
	    extend(a, place_of(a, p), need))
		return p;
	fresh = take(a, need, ARENA_ALIGN);
	if (fresh == NULL)
		return refused(a, n);
	if (p != NULL)
		memcpy(fresh, p, old < n ? old : n);
	arena_give(a, p);
	return fresh;
}

size_t
arena_largest(const struct arena *a)
{
	size_t largest = 0;

	for (size_t at = 0; size_of(header_at(a, at)) != 0;
	     at += size_of(header_at(a, at))) {
		const struct header *h = header_at(a, at);

		if ((h->size & USED) == 0 && h->size > largest)
			largest = h->size;
	}
	return largest < HEADER_BYTES ? 0 : largest - HEADER_BYTES;
}

void
arena_fail(struct arena *a, uint64_t after, uint64_t count)
{
	a->fail_at = count == 0 ? 0 : a->count + 1 + after;
	a->fail_count = count;
}
