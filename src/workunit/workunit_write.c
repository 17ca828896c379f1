/* SPDX-License-Identifier: MIT */
/*
 * The record.  Its parts are written in the order of the schema, each within
 * its quota, so that the whole fits RECORD_MAX_BYTES; `truncated` comes when
 * everything that can be cut has been written.
 */
#include "workunit/workunit_priv.h"

static const enum workunit_place ENTITIES[WORKUNIT_ENTITY_GROUP_COUNT] = {
	[WORKUNIT_IPS] = PLACE_IPS,
	[WORKUNIT_USERS] = PLACE_USERS,
	[WORKUNIT_HOSTS] = PLACE_HOSTS,
	[WORKUNIT_DOMAINS] = PLACE_DOMAINS,
	[WORKUNIT_URLS] = PLACE_URLS,
	[WORKUNIT_EMAILS] = PLACE_EMAILS,
	[WORKUNIT_MAILBOXES] = PLACE_MAILBOXES,
	[WORKUNIT_FILES] = PLACE_FILES,
	[WORKUNIT_HASHES] = PLACE_HASHES,
	[WORKUNIT_PROCESSES] = PLACE_PROCESSES,
	[WORKUNIT_REGISTRY] = PLACE_REGISTRY,
	[WORKUNIT_CLOUD_RESOURCES] = PLACE_CLOUD_RESOURCES,
	[WORKUNIT_APPLICATIONS] = PLACE_APPLICATIONS,
	[WORKUNIT_MALWARE] = PLACE_MALWARE,
	[WORKUNIT_OTHERS] = PLACE_OTHERS,
};

static const char *const ENRICHMENTS[] = {
	[WORKUNIT_PENDING] = "pending",
	[WORKUNIT_COMPLETE] = "complete",
	[WORKUNIT_FAILED] = "failed",
	[WORKUNIT_DISABLED] = "disabled",
};

enum st
workunit_begin(
    struct workunit *w, struct span pruned, uint64_t cut, const char **reason)
{
	enum st st = workunit_incident_read(
	    &w->inc, &w->source, pruned, w->u.tok, reason);

	w->source.cut = cut;
	w->pool_n = 0;
	for (unsigned i = 0; i < WORKUNIT_PART_COUNT; i++)
		workunit_drop(w, (enum workunit_part)i);
	return st;
}

void
workunit_add(struct workunit *w, enum workunit_part part,
    const struct json_element *element)
{
	static const enum workunit_reply REPLY[WORKUNIT_PART_COUNT] = {
		[WORKUNIT_PART_ALERTS] = WORKUNIT_ALERTS,
		[WORKUNIT_PART_ENTITIES] = WORKUNIT_ENTITIES,
		[WORKUNIT_PART_COMMENTS] = WORKUNIT_COMMENTS,
	};
	struct workunit_source s;
	struct json_doc doc;

	w->seen[part]++;
	if ((element->flags & JSON_FLAG_OVERFLOW) != 0 ||
	    workunit_source_read(
		&s, REPLY[part], element->text, &doc, w->u.tok) != ST_OK) {
		w->strange[part] = true;
		return;
	}
	s.cut = element->cut;
	if (part == WORKUNIT_PART_ALERTS)
		workunit_alert_add(w, &s);
	else if (part == WORKUNIT_PART_ENTITIES)
		workunit_entity_add(w, &s);
	else
		workunit_comment_add(w, &s);
}

void
workunit_drop(struct workunit *w, enum workunit_part part)
{
	w->seen[part] = 0;
	w->strange[part] = false;
	if (part == WORKUNIT_PART_ALERTS)
		workunit_rows_clear(w, WORKUNIT_ALERT_ROWS);
	else if (part == WORKUNIT_PART_COMMENTS)
		workunit_rows_clear(w, WORKUNIT_COMMENT_ROWS);
	else {
		workunit_rows_clear(w, WORKUNIT_ENTITY_ROWS);
		workunit_rows_clear(w, WORKUNIT_NODE_ROWS);
		w->nodes_cut = false;
	}
}

size_t
workunit_count(const struct workunit *w, enum workunit_part part)
{
	return w->seen[part];
}

static void
put_rows(struct workunit_writing *g, enum workunit_class class, unsigned group,
    enum workunit_place place)
{
	unsigned n = workunit_rows_sort(g->w, class, group);

	json_put_key(&g->o, workunit_place_member(place));
	json_put_open(&g->o, '[');
	for (unsigned i = 0; i < n; i++)
		workunit_put_fields(g,
		    workunit_row_fields(g->w, class, g->w->order[i]), place, i);
	json_put_close(&g->o, ']');
	if (workunit_rows_cut(g->w, class, group))
		workunit_pointers_mark(&g->w->pointers, place);
}

static void
put_entities(struct workunit_writing *g)
{
	json_put_key(&g->o, "entities");
	json_put_open(&g->o, '{');
	for (unsigned i = 0; i < WORKUNIT_ENTITY_GROUP_COUNT; i++)
		put_rows(g, WORKUNIT_ENTITY_ROWS, i, ENTITIES[i]);
	json_put_close(&g->o, '}');
	/* What could not even be read has no kind. */
	if (g->w->strange[WORKUNIT_PART_ENTITIES])
		workunit_pointers_mark(&g->w->pointers, PLACE_OTHERS);
}

static void
put_nodes(struct workunit_writing *g)
{
	bool cut = g->w->nodes_cut || g->w->strange[WORKUNIT_PART_ENTITIES];
	struct workunit_item item;

	json_put_key(&g->o, "nodes");
	json_put_open(&g->o, '[');
	for (unsigned type = 0; type < WORKUNIT_NODE_GROUP_COUNT; type++) {
		unsigned n = workunit_rows_sort(g->w, WORKUNIT_NODE_ROWS, type);

		cut |= workunit_rows_cut(g->w, WORKUNIT_NODE_ROWS, type);
		for (unsigned i = 0; i < n; i++) {
			struct span rest = workunit_row_fields(
			    g->w, WORKUNIT_NODE_ROWS, g->w->order[i]);

			if (!workunit_fields_next(&rest, &item))
				continue;
			json_put_open(&g->o, '{');
			workunit_put_member(
			    &g->o, "type", span_str(workunit_node_type(type)));
			workunit_put_member(&g->o, "value", item.text);
			json_put_close(&g->o, '}');
		}
	}
	json_put_close(&g->o, ']');
	if (cut)
		workunit_pointers_mark(&g->w->pointers, PLACE_NODES);
}

static void
put_enrichment(struct workunit_writing *g)
{
	static const char *const NAME[WORKUNIT_PART_COUNT] = {
		[WORKUNIT_PART_ALERTS] = "alerts",
		[WORKUNIT_PART_ENTITIES] = "entities",
		[WORKUNIT_PART_COMMENTS] = "comments",
	};

	json_put_key(&g->o, "enrichment");
	json_put_open(&g->o, '{');
	for (unsigned i = 0; i < WORKUNIT_PART_COUNT; i++)
		workunit_put_member(
		    &g->o, NAME[i], span_str(ENRICHMENTS[g->c->enrichment[i]]));
	json_put_close(&g->o, '}');
}

enum st
workunit_write(struct workunit *w, const struct workunit_context *c,
    struct buf *out, struct uuid *id)
{
	struct workunit_writing g = {
		.w = w, .c = c, .s = &w->source, .o = { out, false }
	};

	w->pointers = (struct workunit_pointers){ .count = 0 };
	workunit_id(c->origin->base_path, w->inc.name, id);

	json_put_open(&g.o, '{');
	workunit_core_put(&g, id);
	workunit_timeline_put(&g);
	put_rows(&g, WORKUNIT_ALERT_ROWS, 0, PLACE_ALERTS);
	if (w->strange[WORKUNIT_PART_ALERTS])
		workunit_pointers_mark(&w->pointers, PLACE_ALERTS);
	put_entities(&g);
	put_nodes(&g);
	put_enrichment(&g);
	json_put_key(&g.o, "truncated");
	workunit_pointers_write(&w->pointers, &g.o);
	workunit_source_put(&g);
	json_put_close(&g.o, '}');
	return out->cut ? ST_FULL : ST_OK;
}
