/* SPDX-License-Identifier: MIT */
/*
 * Whole records against tests/vectors/workunit, which were written out by hand
 * from the contract: the contract's own example, one with everything, every
 * official example and every recorded reply.
 */
#include "workunit_run.h"

static struct run r;

static const struct workunit_origin EXAMPLE_ORIGIN = {
	SPAN_LIT("sentinel"),
	SPAN_LIT("a1b2c3d4-0000-4000-8000-000000000001"),
	SPAN_LIT("12345678-0000-4000-8000-000000000003"),
	SPAN_LIT("rg-security-prod"),
	SPAN_LIT("sentinel-workspace"),
	SPAN_LIT("/subscriptions/12345678-0000-4000-8000-000000000003"
		 "/resourceGroups/rg-security-prod"
		 "/providers/Microsoft.OperationalInsights"
		 "/workspaces/sentinel-workspace"
		 "/providers/Microsoft.SecurityInsights"),
};

static const struct workunit_origin WIRE_ORIGIN = {
	SPAN_LIT("unit"),
	SPAN_LIT("00000000-0000-4000-8000-000000000001"),
	SPAN_LIT("419581d6-4853-49bd-83b6-d94bb8a77887"),
	SPAN_LIT("aspstest4pr7te"),
	SPAN_LIT("asptest4yt0n3"),
	SPAN_LIT("/subscriptions/419581d6-4853-49bd-83b6-d94bb8a77887"
		 "/resourceGroups/aspstest4pr7te"
		 "/providers/Microsoft.OperationalInsights"
		 "/workspaces/asptest4yt0n3"
		 "/providers/Microsoft.SecurityInsights"),
};

Test(workunit, the_example_of_the_contract_comes_out)
{
	struct span want = read_shared("spec/work-unit.example.json");

	run_init(&r);
	r.context.origin = &EXAMPLE_ORIGIN;
	cr_assert_eq(
	    run_begin(&r, read_vector("example.incident.json")), ST_OK);
	run_add(&r, WORKUNIT_PART_ALERTS, read_vector("example.alerts.json"));
	run_add(
	    &r, WORKUNIT_PART_ENTITIES, read_vector("example.entities.json"));
	expect_same(run_write(&r), minified(want), "example");
}

static void
map_full(size_t piece)
{
	run_init(&r);
	r.piece = piece;
	cr_assert_eq(run_begin(&r, read_vector("full.incident.json")), ST_OK);
	run_add(&r, WORKUNIT_PART_ALERTS, read_vector("full.alerts.json"));
	run_add(&r, WORKUNIT_PART_ENTITIES, read_vector("full.entities.json"));
	run_add(&r, WORKUNIT_PART_COMMENTS, read_vector("full.comments.json"));
	r.context.event = WORKUNIT_CLOSED_EVENT;
	r.context.version = UINT64_C(134189568000000007);
	r.context.closed_at = INT64_C(134189568000000000) + TICKS_PER_S / 10;
	r.context.enrichment[WORKUNIT_PART_ENTITIES] = WORKUNIT_PENDING;
	r.context.enrichment[WORKUNIT_PART_COMMENTS] = WORKUNIT_FAILED;
	r.context.change[0].at = INT64_C(134188974600000000);
	r.context.change[0].status = WORKUNIT_ACTIVE;
	r.context.change[1].at = INT64_C(134189028000000000);
	r.context.change[1].status = WORKUNIT_STATUS_OTHER;
	r.context.change[2].at = r.context.closed_at;
	r.context.change[2].status = WORKUNIT_CLOSED;
	r.context.change_count = 3;
	expect_vector(&r, "full.json");
}

Test(workunit, every_kind_of_everything_is_mapped)
{
	map_full(SIZE_MAX);
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ALERTS), 3u);
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ENTITIES), 33u);
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_COMMENTS), 2u);
}

Test(workunit, pieces_of_one_byte_give_the_same_record)
{
	map_full(1);
	map_full(7);
}

/* ---- official examples ---------------------------------------------- */

Test(workunit, official_incidents_map_as_written_out)
{
	static const struct {
		const char *file, *path, *vector;
	} CASES[] = {
		{ "GetIncidentById.json", "responses.200.body",
		    "GetIncidentById.json" },
		{ "CreateIncident.json", "responses.200.body",
		    "CreateIncident.json" },
		{ "CreateIncident.json", "responses.201.body",
		    "CreateIncident.json" },
	};
	char path[512];

	for (size_t i = 0; i < COUNT(CASES); i++) {
		snprintf(path, sizeof path, OFFICIAL "%s", CASES[i].file);
		run_init(&r);
		cr_assert_eq(
		    run_begin(&r, pick(read_shared(path), CASES[i].path)),
		    ST_OK);
		expect_vector(&r, CASES[i].vector);
		cr_expect_eq(r.w.inc.count[WORKUNIT_PART_COMMENTS], 3u);
		cr_expect_eq(r.w.inc.count[WORKUNIT_PART_ALERTS], 0u);
	}
}

/* A page: each incident is mapped by itself. */
struct page {
	struct span records; /* one to a line */
	unsigned incidents, links;
};

static enum st
take_incident(void *ctx, const struct json_element *e)
{
	struct page *page = ctx;
	struct span line;

	if (e->want != workunit_wants(WORKUNIT_INCIDENTS)->element) {
		page->links++;
		return ST_OK;
	}
	cr_assert_eq(workunit_begin(&r.w, e->text, e->cut, &r.reason), ST_OK);
	r.context.version = (uint64_t)r.w.inc.modified;
	cr_assert(span_split(&page->records, '\n', &line));
	expect_same(run_write(&r), line, "incident of a page");
	page->incidents++;
	return ST_OK;
}

static void
map_page(struct page *page, struct span reply)
{
	static uint8_t element[ELEMENT_MAX_BYTES];
	const struct workunit_wants *wants = workunit_wants(WORKUNIT_INCIDENTS);
	struct json_project jp;

	json_project_init(&jp, wants->wants, wants->count, BUF_OVER(element),
	    take_incident, page);
	cr_assert_eq(json_project_push(&jp, reply), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
}

Test(workunit, official_page_maps_as_written_out)
{
	struct page page = { SPAN_NONE, 0, 0 };
	struct span file = read_shared(OFFICIAL "GetIncidents.json");

	run_init(&r);
	page.records = minified(read_vector("GetIncidents.json"));
	map_page(&page, pick(file, "responses.200.body"));
	cr_expect_eq(page.incidents, 1u);
	cr_expect_eq(page.links, 0u);
}

/* "{"name": value}" */
static struct span
wrapped(const char *name, struct span value)
{
	static uint8_t room[FILE_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	buf_put_str(&b, "{\"");
	buf_put_str(&b, name);
	buf_put_str(&b, "\":");
	buf_put(&b, value);
	buf_put_byte(&b, '}');
	cr_assert(!b.cut);
	return span_of(&b);
}

/* "[value]" */
static struct span
listed(struct span value)
{
	static uint8_t room[FILE_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	buf_put_byte(&b, '[');
	buf_put(&b, value);
	buf_put_byte(&b, ']');
	cr_assert(!b.cut);
	return span_of(&b);
}

static void
begin_carrier(void)
{
	run_init(&r);
	cr_assert_eq(
	    run_begin(&r, read_vector("carrier.incident.json")), ST_OK);
}

Test(workunit, official_alerts_map_as_written_out)
{
	struct span file = read_shared(OFFICIAL "GetAllIncidentAlerts.json");

	begin_carrier();
	run_add(&r, WORKUNIT_PART_ALERTS, pick(file, "responses.200.body"));
	expect_vector(&r, "GetAllIncidentAlerts.json");
}

Test(workunit, official_entities_map_as_written_out)
{
	struct span file = read_shared(OFFICIAL "GetAllIncidentEntities.json");

	begin_carrier();
	run_add(&r, WORKUNIT_PART_ENTITIES, pick(file, "responses.200.body"));
	expect_vector(&r, "GetAllIncidentEntities.json");
}

/* Bookmarks are entities; nobody asks for them by themselves. */
Test(workunit, official_bookmarks_as_entities_are_others)
{
	struct span file = read_shared(OFFICIAL "GetAllIncidentBookmarks.json");

	begin_carrier();
	run_add(&r, WORKUNIT_PART_ENTITIES,
	    wrapped("entities", pick(file, "responses.200.body.value")));
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ENTITIES), 2u);
	expect_vector(&r, "GetAllIncidentBookmarks.json");
}

Test(workunit, official_comments_map_as_written_out)
{
	static const struct {
		const char *file, *path;
	} CASES[] = {
		{ "GetIncidentCommentById.json", "responses.200.body" },
		{ "CreateIncidentComment.json", "responses.200.body" },
		{ "CreateIncidentComment.json", "responses.201.body" },
	};
	struct span file = read_shared(
	    OFFICIAL "comments/GetAllIncidentComments.json");
	char path[512];

	begin_carrier();
	run_add(&r, WORKUNIT_PART_COMMENTS, pick(file, "responses.200.body"));
	expect_vector(&r, "GetAllIncidentComments.json");
	for (size_t i = 0; i < COUNT(CASES); i++) {
		snprintf(
		    path, sizeof path, OFFICIAL "comments/%s", CASES[i].file);
		begin_carrier();
		run_add(&r, WORKUNIT_PART_COMMENTS,
		    wrapped("value",
			listed(pick(read_shared(path), CASES[i].path))));
		expect_vector(&r, "GetAllIncidentComments.json");
	}
}

/* ---- recorded replies ----------------------------------------------- */

/* One incident of the recorded page. */
static struct span
recorded_incident(const char *name)
{
	static jsmntok_t tok[8192];
	struct span page = read_shared("data/wire/incidents-list-12of21.json");
	struct json_doc doc;
	int i;

	cr_assert_eq(json_doc_parse(&doc, page, tok, COUNT(tok)), ST_OK);
	i = json_first(&doc, json_path(&doc, 0, "value"));
	while (i >= 0 &&
	    !span_eq(json_string(&doc, json_member(&doc, i, "name")),
		span_str(name)))
		i = json_next(&doc, i);
	cr_assert(i >= 0, "%s is not on the page", name);
	return json_raw(&doc, i);
}

Test(workunit, recorded_page_maps_as_written_out)
{
	struct page page = { SPAN_NONE, 0, 0 };
	struct span reply = read_shared("data/wire/incidents-list-12of21.json");

	run_init(&r);
	r.context.origin = &WIRE_ORIGIN;
	page.records = read_vector("wire-incidents.ndjson");
	map_page(&page, reply);
	cr_expect_eq(page.incidents, 12u);
	cr_expect_eq(page.records.n, 0u, "records are left over");
}

Test(workunit, recorded_alerts_map_as_written_out)
{
	struct span reply = read_shared("data/wire/incident-alerts.json");

	run_init(&r);
	r.context.origin = &WIRE_ORIGIN;
	cr_assert_eq(
	    run_begin(
		&r, recorded_incident("71e9e642-df65-4cca-8feb-921622daddb5")),
	    ST_OK);
	cr_expect_eq(r.w.inc.count[WORKUNIT_PART_ALERTS], 5u);
	run_add(&r, WORKUNIT_PART_ALERTS, reply);
	expect_vector(&r, "wire-alerts.json");
}

Test(workunit, recorded_comments_map_as_written_out)
{
	struct span list = read_shared("data/wire/comments-list.json");
	struct span one = read_shared("data/wire/comment-get.json");

	for (int i = 0; i < 2; i++) {
		run_init(&r);
		r.context.origin = &WIRE_ORIGIN;
		cr_assert_eq(run_begin(&r,
				 recorded_incident(
				     "5009cfac-c645-4f19-8828-f8bef6650f21")),
		    ST_OK);
		run_add(&r, WORKUNIT_PART_COMMENTS,
		    i == 0 ? list : wrapped("value", listed(one)));
		expect_vector(&r, "wire-comments.json");
	}
}

/* The body of a PUT is no incident: it has no name. */
Test(workunit, recorded_request_is_not_an_incident)
{
	struct span body = read_shared("data/wire/incident-put-request.json");

	run_init(&r);
	cr_expect_eq(run_begin(&r, body), ST_MALFORM);
	cr_expect_str_eq(r.reason, "the incident has no usable name");
}
