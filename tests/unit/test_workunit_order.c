/* SPDX-License-Identifier: MIT */
/*
 * The record does not depend on the order in which elements come: one identity
 * never has two contents.  And what is kept of too many is what the rule at the
 * top of workunit_table.c says.
 */
#include "workunit_run.h"

#include "workunit/workunit_priv.h"

#define ELEMENT_COUNT 160u

static struct run r;
static uint32_t state;

static uint32_t
next_random(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

/* ---- shuffles ------------------------------------------------------- */

struct element {
	enum workunit_part part;
	struct span text;
	uint64_t cut;
};

static uint8_t texts[512 * 1024];
static struct buf pool;
static struct element elements[ELEMENT_COUNT];
static unsigned element_count;

static enum st
take(void *ctx, const struct json_element *e)
{
	struct element *to = &elements[element_count++];

	to->part = *(const enum workunit_part *)ctx;
	to->text = (struct span){ pool.p + pool.n, e->text.n };
	to->cut = e->cut;
	buf_put(&pool, e->text);
	cr_assert(!pool.cut);
	return ST_OK;
}

/* One reply with one element through the projector. */
static void
keep(enum workunit_part part, const char *text)
{
	static const enum workunit_reply REPLY[] = { WORKUNIT_ALERTS,
		WORKUNIT_ENTITIES, WORKUNIT_COMMENTS };
	static uint8_t out[ELEMENT_MAX_BYTES];
	const struct workunit_wants *wants = workunit_wants(REPLY[part]);
	struct json_project jp;

	json_project_init(
	    &jp, wants->wants, wants->count, BUF_OVER(out), take, &part);
	cr_assert_eq(json_project_push(&jp, quoted(text)), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
}

/* n times a letter; few letters and lengths, so that equal texts happen. */
static const char *
filler(uint32_t longest)
{
	static char text[4096];
	uint32_t n = next_random(longest);

	memset(text, (int)('a' + next_random(3)), n);
	text[n] = '\0';
	return text;
}

static void
make_entity(uint32_t longest)
{
	static const struct {
		const char *kind, *property;
	} KINDS[] = {
		{ "Ip", "address" },
		{ "Account", "accountName" },
		{ "Host", "hostName" },
		{ "Url", "url" },
		{ "Process", "commandLine" },
		{ "File", "fileName" },
		{ "MailMessage", "recipient" },
		{ "Ip", "friendlyName" },
	};
	uint32_t k = next_random(COUNT(KINDS));
	char text[8192];

	snprintf(text, sizeof text,
	    "{'entities':[{'kind':'%s','properties':"
	    "{'%s':'%u%s@x.org'}}]}",
	    KINDS[k].kind, KINDS[k].property, (unsigned)next_random(50),
	    filler(longest));
	keep(WORKUNIT_PART_ENTITIES, text);
}

static void
make_alert(uint32_t longest)
{
	static const char *const SEVERITY[] = { "High", "Medium", "Low",
		"Informational", "Odd" };
	char text[8192];

	snprintf(text, sizeof text,
	    "{'value':[{'properties':{"
	    "'systemAlertId':'%u','severity':'%s','alertDisplayName':'%s',"
	    "'startTimeUtc':'2026-03-25T07:0%u:00Z',"
	    "'timeGenerated':'2026-03-25T07:0%u:00.%uZ','alertLink':'%s'}}]}",
	    (unsigned)next_random(9), SEVERITY[next_random(5)],
	    filler(longest / 4), (unsigned)next_random(4),
	    (unsigned)next_random(2), (unsigned)next_random(3),
	    filler(longest));
	keep(WORKUNIT_PART_ALERTS, text);
}

static void
make_comment(uint32_t longest)
{
	char text[8192];

	snprintf(text, sizeof text,
	    "{'value':[{'name':'c%u','properties':{"
	    "'message':'%s','createdTimeUtc':'2026-03-25T07:0%u:00Z'}}]}",
	    (unsigned)next_random(30), filler(longest),
	    (unsigned)next_random(9));
	keep(WORKUNIT_PART_COMMENTS, text);
}

static void
make_elements(unsigned n, uint32_t longest)
{
	pool = BUF_OVER(texts);
	element_count = 0;
	while (element_count < n) {
		uint32_t which = next_random(4);

		if (which == 0)
			make_alert(longest);
		else if (which == 1)
			make_comment(longest);
		else
			make_entity(longest);
	}
}

static void
shuffle(void)
{
	for (unsigned i = element_count; i > 1; i--) {
		unsigned j = next_random(i);
		struct element e = elements[i - 1];

		elements[i - 1] = elements[j];
		elements[j] = e;
	}
}

/* All elements, and some of them again. */
static struct span
map_elements(bool repeat)
{
	cr_assert_eq(run_begin(&r,
			 quoted("{'name':'n','properties':"
				"{'createdTimeUtc':'2026-03-25T07:05:00Z'}}")),
	    ST_OK);
	for (unsigned i = 0; i < element_count; i++) {
		struct json_element e = { 0, elements[i].text, elements[i].cut,
			0 };
		const struct element *before = &elements[next_random(i + 1)];
		struct json_element again = { 0, before->text, before->cut, 0 };

		workunit_add(&r.w, elements[i].part, &e);
		if (repeat && next_random(4) == 0)
			workunit_add(&r.w, before->part, &again);
	}
	return run_write(&r);
}

static void
check_shuffles(unsigned sets, unsigned times, unsigned n, uint32_t longest)
{
	static uint8_t first[RECORD_MAX_BYTES];

	/* Thousands of the same. */
	unsetenv("WF_WORKUNIT_RECORDS");
	run_init(&r);
	for (unsigned set = 0; set < sets; set++) {
		struct span record;
		size_t size;

		make_elements(n, longest);
		record = map_elements(false);
		size = record.n;
		memcpy(first, record.p, size);
		for (unsigned i = 0; i < times; i++) {
			shuffle();
			expect_same(map_elements(i % 2 == 1),
			    (struct span){ first, size }, "shuffled");
		}
	}
}

Test(workunit_order, a_thousand_shuffles_of_few_elements_change_nothing)
{
	state = 1;
	check_shuffles(50, 20, 20, 40);
}

Test(workunit_order, a_thousand_shuffles_over_quota_change_nothing)
{
	state = 2;
	check_shuffles(25, 40, ELEMENT_COUNT, 3000);
}

/* ---- the rule ------------------------------------------------------- */

#define ROW_COUNT 400u

struct row {
	uint64_t rank;
	uint32_t cost;
	unsigned group;
	uint8_t text[1100];
	size_t n;
	bool kept;
};

static struct row rows[ROW_COUNT];

/* Cost as workunit_table.c defines it, for nodes. */
static uint32_t
cost_of(size_t text, size_t written)
{
	uint32_t cost = (uint32_t)(text * WORKUNIT_NODES_QUOTA_BYTES +
			    WORKUNIT_NODES_POOL_BYTES - 1) /
	    WORKUNIT_NODES_POOL_BYTES;
	uint32_t least = WORKUNIT_NODES_QUOTA_BYTES / WORKUNIT_NODE_MAX_COUNT;

	if (cost < written)
		cost = (uint32_t)written;
	return cost < least ? least : cost;
}

static void
add_row(struct row *row)
{
	uint8_t storage[WORKUNIT_ROW_MAX_BYTES];
	struct workunit_fields f;

	workunit_fields_init(&f, BUF_OVER(storage), -1);
	workunit_fields_put(
	    &f, F_VALUE, (struct span){ row->text, row->n }, false);
	row->cost = cost_of(f.b.n, f.written);
	workunit_rows_add(&r.w,
	    (struct workunit_slot){ WORKUNIT_NODE_ROWS, row->group, row->rank },
	    &f);
}

static int
by_rank(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* The definition, over all rows at once. */
static void
choose(unsigned n)
{
	uint32_t size[WORKUNIT_NODE_GROUP_COUNT] = { 0 };
	uint32_t level = 0, used = 0;

	for (unsigned i = 0; i < n; i++)
		size[rows[i].group] += rows[i].cost;
	while (used <= WORKUNIT_NODES_QUOTA_BYTES && level < 100000) {
		level++;
		used = 0;
		for (unsigned g = 0; g < WORKUNIT_NODE_GROUP_COUNT; g++)
			used += size[g] < level ? size[g] : level;
	}
	level--;
	for (unsigned g = 0; g < WORKUNIT_NODE_GROUP_COUNT; g++) {
		uint32_t end = 0;

		for (unsigned i = 0; i < n; i++) {
			if (rows[i].group != g)
				continue;
			end += rows[i].cost;
			rows[i].kept = size[g] <= level || end <= level;
		}
	}
}

static bool
is_in_table(const struct row *row)
{
	unsigned n = workunit_rows_rank(&r.w, WORKUNIT_NODE_ROWS);

	for (unsigned i = 0; i < n; i++) {
		struct span rest = workunit_row_fields(
		    &r.w, WORKUNIT_NODE_ROWS, r.w.order[i]);
		struct workunit_item item;

		if (workunit_fields_next(&rest, &item) &&
		    span_eq(item.text, (struct span){ row->text, row->n }))
			return true;
	}
	return false;
}

static void
make_row(struct row *row, unsigned number, uint32_t longest)
{
	int n = snprintf((char *)row->text, sizeof row->text, "%u:", number);

	row->group = next_random(3) == 0 ? next_random(4) : 4;
	row->rank = (uint64_t)next_random(1u << 30) << 20 | number;
	row->n = (size_t)n + next_random(longest);
	memset(row->text + n, 'x', row->n - (size_t)n);
}

Test(workunit_order, what_is_kept_is_what_the_rule_says)
{
	static const uint32_t LONGEST[] = { 1, 20, 200, 1000 };

	state = 3;
	for (unsigned round = 0; round < 60; round++) {
		unsigned n = 1 + next_random(ROW_COUNT);
		unsigned kept = 0;

		run_init(&r);
		cr_assert_eq(
		    run_begin(&r,
			quoted("{'name':'n','properties':"
			       "{'createdTimeUtc':'2026-03-25T07:05:00Z'}}")),
		    ST_OK);
		for (unsigned i = 0; i < n; i++) {
			make_row(&rows[i], i, LONGEST[round % COUNT(LONGEST)]);
			add_row(&rows[i]);
		}
		qsort(rows, n, sizeof *rows, by_rank);
		choose(n);
		for (unsigned i = 0; i < n; i++) {
			cr_expect_eq(is_in_table(&rows[i]), rows[i].kept,
			    "round %u row %u of %u", round, i, n);
			kept += rows[i].kept;
		}
		cr_expect_eq(
		    kept, workunit_rows_rank(&r.w, WORKUNIT_NODE_ROWS));
	}
}

/* Rows of one rank stay or go together, whichever comes first. */
Test(workunit_order, rows_of_equal_rank_go_together)
{
	for (unsigned round = 0; round < 2; round++) {
		run_init(&r);
		cr_assert_eq(
		    run_begin(&r,
			quoted("{'name':'n','properties':"
			       "{'createdTimeUtc':'2026-03-25T07:05:00Z'}}")),
		    ST_OK);
		for (unsigned i = 0; i < 20; i++) {
			unsigned number = round == 0 ? i : 19 - i;
			struct row *row = &rows[number];

			memset(row->text, 'x', sizeof row->text);
			row->text[0] = (uint8_t)('a' + number);
			row->n = 1000;
			row->group = 0;
			row->rank = 10 + number / 5;
			add_row(row);
		}
		/* Five of 1.7 KiB: ranks 10 alone fits. */
		cr_expect_eq(workunit_rows_rank(&r.w, WORKUNIT_NODE_ROWS), 5u);
		for (unsigned i = 0; i < 20; i++)
			cr_expect_eq(is_in_table(&rows[i]), i < 5, "row %u", i);
	}
}

static int
by_number(const struct workunit *w, unsigned a, unsigned b)
{
	(void)w;
	return a < b ? -1 : a > b;
}

Test(workunit_order, heap_sort_sorts_every_length)
{
	uint16_t order[300];

	state = 4;
	for (size_t n = 0; n < COUNT(order); n++) {
		for (size_t i = 0; i < n; i++)
			order[i] = (uint16_t)next_random(
			    n % 7 == 0 ? 3 : 60000);
		workunit_sort(NULL, order, n, by_number);
		for (size_t i = 1; i < n; i++)
			cr_assert_leq(order[i - 1], order[i]);
	}
}
