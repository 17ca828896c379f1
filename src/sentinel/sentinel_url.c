/* SPDX-License-Identifier: MIT */
/*
 * URLs that we make, and the one kind that the service makes.
 *
 * A nextLink decides where the token is sent.  So it is not compared as a text:
 * it is taken apart by libcurl's own parser (what is judged is what would be
 * connected to), each part is compared, and a new URL is built from *our*
 * origin.  A path may hold no encoded slash, dot or backslash, which a server
 * could undo after we looked.
 */
#include "base/ticks.h"
#include "sentinel/sentinel_priv.h"

enum st
sentinel_base_path(const struct config_connector *connector, struct buf *out)
{
	buf_put_str(out, "/subscriptions/");
	buf_put_percent(out, connector->subscription_id);
	buf_put_str(out, "/resourceGroups/");
	buf_put_percent(out, connector->resource_group);
	buf_put_str(
	    out, "/providers/Microsoft.OperationalInsights/workspaces/");
	buf_put_percent(out, connector->workspace_name);
	buf_put_str(out, "/providers/Microsoft.SecurityInsights");
	return out->cut ? ST_FULL : ST_OK;
}

static void
put_list_query(struct buf *out, const struct sentinel_query *query)
{
	buf_put_str(out, "&$filter=properties/lastModifiedTimeUtc%20");
	buf_put_str(out, query->after ? "gt%20" : "ge%20");
	ticks_write(out, query->since);
	buf_put_str(
	    out, "&$orderby=properties/lastModifiedTimeUtc%20asc&$top=");
	buf_put_u64(out, query->top);
}

enum st
sentinel_url(const struct sentinel *s, const struct sentinel_query *query,
    struct buf *out)
{
	static const char *const LAST[] = {
		[SENTINEL_ONBOARDING] = "",
		[SENTINEL_LIST] = "",
		[SENTINEL_NEWEST] = "",
		[SENTINEL_ALERTS] = "/alerts",
		[SENTINEL_ENTITIES] = "/entities",
		[SENTINEL_COMMENTS] = "/comments",
	};

	buf_put(out, s->connector->arm_url);
	buf_put_str(out, s->base);
	buf_put_str(out,
	    query->operation == SENTINEL_ONBOARDING ?
		"/onboardingStates/default" :
		"/incidents");
	if (query->incident.n != 0) {
		buf_put_byte(out, '/');
		buf_put_percent(out, query->incident);
	}
	buf_put_str(out, LAST[query->operation]);
	buf_put_str(out, "?api-version=");
	buf_put_percent(out, s->api_version);
	if (query->operation == SENTINEL_LIST)
		put_list_query(out, query);
	else if (query->operation == SENTINEL_NEWEST)
		buf_put_str(out, "&$top=1");
	return out->cut || buf_str(out)[0] == '\0' ? ST_FULL : ST_OK;
}

/* ---- nextLink ----------------------------------------------------------- */

/* Spaces as %20; nothing else that a URL may not hold is let through. */
static enum st
put_clean(struct buf *out, struct span link)
{
	for (size_t i = 0; i < link.n; i++) {
		uint8_t c = link.p[i];

		if (c == ' ')
			buf_put_str(out, "%20");
		else if (c < 0x21 || c > 0x7e || c == '\\' || c == '"' ||
		    c == '<' || c == '>' || c == '^' || c == '`' || c == '#')
			return ST_DENIED;
		else
			buf_put_byte(out, c);
	}
	return out->cut || buf_str(out)[0] == '\0' ? ST_FULL : ST_OK;
}

static bool
has_encoded_separator(struct span path)
{
	static const char *const CODE[] = { "%2f", "%5c", "%2e", "%00", "//",
		"/./", "/../" };

	for (size_t i = 0; i < sizeof CODE / sizeof CODE[0]; i++)
		if (span_find_nocase(path, span_str(CODE[i])) != SIZE_MAX)
			return true;
	return span_has_suffix(path, SPAN_LIT("/..")) ||
	    span_has_suffix(path, SPAN_LIT("/."));
}

/* Below "<base>/incidents", ids being caseless in ARM. */
static bool
is_below(struct span path, struct span base)
{
	struct span rest = span_sub(path, base.n, path.n);
	struct span collection = SPAN_LIT("/incidents");

	if (!span_eq_nocase(span_sub(path, 0, base.n), base) ||
	    !span_eq_nocase(span_sub(rest, 0, collection.n), collection))
		return false;
	rest = span_sub(rest, collection.n, rest.n);
	return rest.n == 0 || rest.p[0] == '/';
}

static bool
is_same_origin(const struct http_url *a, const struct http_url *b)
{
	return span_eq_nocase(span_str(a->scheme), SPAN_LIT("https")) &&
	    span_eq_nocase(span_str(a->host), span_str(b->host)) &&
	    span_eq(span_str(a->port), span_str(b->port));
}

enum st
sentinel_check_link(const struct sentinel *s, struct span link, struct buf *out)
{
	uint8_t clean[NEXT_LINK_MAX_BYTES];
	struct buf text = BUF_OVER(clean);
	char origin[SENTINEL_ORIGIN_MAX_BYTES];
	struct http_url url, ours;
	struct span scheme = SPAN_LIT("https://");
	enum st st;

	/* libcurl forgives one or three slashes; we do not. */
	if (!span_eq_nocase(span_sub(link, 0, scheme.n), scheme) ||
	    span_eq(span_sub(link, scheme.n, 1), SPAN_LIT("/")))
		return ST_DENIED;
	st = put_clean(&text, link);
	if (st == ST_OK)
		st = http_url_parse(buf_str(&text), &url);
	if (st == ST_OK)
		st = span_to_str(s->connector->arm_url, origin, sizeof origin);
	if (st == ST_OK)
		st = http_url_parse(origin, &ours);
	if (st != ST_OK)
		return st == ST_FULL ? ST_FULL : ST_DENIED;
	if (!is_same_origin(&url, &ours) || url.has_user ||
	    has_encoded_separator(span_str(url.path)) ||
	    !is_below(span_str(url.path), span_str(s->base)))
		return ST_DENIED;
	buf_put(out, s->connector->arm_url);
	buf_put_str(out, url.path);
	buf_put_byte(out, '?');
	buf_put_str(out, url.query);
	return out->cut || buf_str(out)[0] == '\0' ? ST_FULL : ST_OK;
}
