/* SPDX-License-Identifier: MIT */
/*
 * Nodes: the distinct addresses, users, hosts, domains and mail addresses of
 * an incident's entities, each in one normal form.
 *
 *	ips         address -> IP
 *	users       UPN, else DOMAIN\name, else name -> user
 *	hosts       FQDN, else name -> host
 *	domains     name -> domain
 *	urls        host, if it is a name -> domain
 *	emails      sender, each recipient -> email;  sender_ip -> IP
 *	mailboxes   address -> email;  UPN -> user
 *
 * A text that was cut is another name than the one it began as: it makes no
 * node, and `truncated` says that nodes are missing.
 */
#include "workunit/workunit_priv.h"

#include <assert.h>

static const char *const NODE_TYPES[WORKUNIT_NODE_GROUP_COUNT] = {
	[WORKUNIT_NODE_IP] = "IP",
	[WORKUNIT_NODE_USER] = "user",
	[WORKUNIT_NODE_HOST] = "host",
	[WORKUNIT_NODE_DOMAIN] = "domain",
	[WORKUNIT_NODE_EMAIL] = "email",
};

const char *
workunit_node_type(unsigned group)
{
	return NODE_TYPES[group];
}

/* What an entity has that nodes are made of. */
struct parts {
	struct span address, upn, domain, name, fqdn, url, sender, recipient,
	    sender_ip;
};

/* The longest node: DOMAIN, two bytes of "\\" and a name. */
#define NODE_MAX_BYTES (2 * WORKUNIT_NAME_MAX_BYTES + 2)

static void
add_node(struct workunit *w, unsigned type, struct span value)
{
	uint8_t storage[NODE_MAX_BYTES + 2]; /* field and end */
	struct workunit_fields f;
	struct workunit_slot slot = { WORKUNIT_NODE_ROWS, type, 0 };

	if (value.n == 0)
		return;
	workunit_fields_init(&f, BUF_OVER(storage), -1);
	workunit_fields_put(&f, F_VALUE, value, false);
	f.written += sizeof "\"type\":\"\"," - 1 +
	    span_str(workunit_node_type(type)).n;
	slot.rank = workunit_hash(value, type);
	workunit_rows_add(w, slot, &f);
}

static void
add_lower(struct workunit *w, unsigned type, struct span value)
{
	uint8_t storage[NODE_MAX_BYTES];
	struct buf b = BUF_OVER(storage);

	buf_put_lower(&b, span_trim(value));
	assert(!b.cut);
	add_node(w, type, span_of(&b));
}

static void
add_address(struct workunit *w, struct span text)
{
	uint8_t storage[WORKUNIT_SHORT_MAX_BYTES];
	struct buf b = BUF_OVER(storage);

	if (workunit_address_put(&b, text))
		add_node(w, WORKUNIT_NODE_IP, span_of(&b));
}

static void
add_domain(struct workunit *w, struct span text)
{
	uint8_t storage[WORKUNIT_NAME_MAX_BYTES];
	struct buf b = BUF_OVER(storage);

	if (workunit_host_put(&b, text))
		add_node(w, WORKUNIT_NODE_DOMAIN, span_of(&b));
}

/* A name that says its domain itself does not get it again. */
static void
add_user(struct workunit *w, const struct parts *p)
{
	uint8_t storage[NODE_MAX_BYTES];
	struct buf b = BUF_OVER(storage);

	if (p->upn.p != NULL) {
		add_lower(w, WORKUNIT_NODE_USER, p->upn);
		return;
	}
	if (p->name.p == NULL)
		return;
	if (p->domain.p != NULL && span_find_byte(p->name, '\\') == SIZE_MAX) {
		buf_put(&b, p->domain);
		buf_put(&b, SPAN_LIT("\\\\")); /* one backslash, canonical */
	}
	buf_put(&b, p->name);
	add_lower(w, WORKUNIT_NODE_USER, span_of(&b));
}

static void
add_host(struct workunit *w, struct span name)
{
	struct span s = span_trim(name);

	if (span_has_suffix(s, SPAN_LIT(".")))
		s.n--;
	add_lower(w, WORKUNIT_NODE_HOST, s);
}

/* What can be sent to: something, one @, something, nothing that separates
 * or quotes. */
static bool
is_mail_address(struct span s)
{
	size_t at = span_find_byte(s, '@');

	if (at == SIZE_MAX || at == 0 || at + 1 == s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '\\' ||
		    s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '(' ||
		    s.p[i] == ')' || s.p[i] == '[' || s.p[i] == ']' ||
		    (s.p[i] == '@' && i != at))
			return false;
	return true;
}

/* One mailbox: an address, or a display name and the address in <>. */
static void
add_mail(struct workunit *w, struct span s)
{
	size_t open = span_find_byte(s, '<');

	if (open != SIZE_MAX) {
		s = span_sub(s, open + 1, s.n);
		s = span_sub(s, 0, span_find_byte(s, '>'));
	}
	s = span_trim(s);
	if (s.n <= WORKUNIT_NAME_MAX_BYTES && is_mail_address(s))
		add_lower(w, WORKUNIT_NODE_EMAIL, s);
}

/* Lists are separated by ; or , both of which may also stand inside of a
 * display name: pieces that are no address make no node. */
static void
add_mails(struct workunit *w, struct span list)
{
	struct span group, one;

	while (span_split(&list, ';', &group))
		while (span_split(&group, ',', &one))
			add_mail(w, one);
}

/* Where a field of an entity goes; NULL when no node is made of it. */
static struct span *
part_of(struct parts *p, enum workunit_group group, enum workunit_field field)
{
	if (field == F_ADDRESS)
		return &p->address;
	if (field == F_UPN)
		return &p->upn;
	if (field == F_DOMAIN && group == WORKUNIT_USERS)
		return &p->domain;
	if (field == F_NAME)
		return &p->name;
	if (field == F_FQDN)
		return &p->fqdn;
	if (field == F_URL)
		return &p->url;
	if (field == F_SENDER)
		return &p->sender;
	if (field == F_RECIPIENT)
		return &p->recipient;
	return field == F_SENDER_IP ? &p->sender_ip : NULL;
}

/* What is whole of a text that was cut at its end: of a list all but the last,
 * of a URL its beginning, of a name nothing. */
static struct span
whole_part(const struct workunit_item *item)
{
	struct span s = item->text;

	if (item->field == F_URL)
		return s;
	if (item->field != F_RECIPIENT)
		return SPAN_NONE;
	while (s.n != 0 && s.p[s.n - 1] != ';' && s.p[s.n - 1] != ',')
		s.n--;
	return s;
}

static void
add_nodes(struct workunit *w, enum workunit_group group, const struct parts *p)
{
	if (group == WORKUNIT_IPS)
		add_address(w, p->address);
	else if (group == WORKUNIT_USERS)
		add_user(w, p);
	else if (group == WORKUNIT_HOSTS)
		add_host(w, p->fqdn.p != NULL ? p->fqdn : p->name);
	else if (group == WORKUNIT_DOMAINS)
		add_domain(w, p->name);
	else if (group == WORKUNIT_URLS)
		add_domain(w, workunit_url_host(p->url));
	else if (group == WORKUNIT_EMAILS) {
		add_mail(w, p->sender);
		add_mails(w, p->recipient);
		add_address(w, p->sender_ip);
	} else if (group == WORKUNIT_MAILBOXES) {
		add_mail(w, p->address);
		add_lower(w, WORKUNIT_NODE_USER, p->upn);
	}
}

void
workunit_nodes_add(
    struct workunit *w, enum workunit_group group, struct span fields)
{
	struct parts p = { 0 };
	struct workunit_item item;

	if (group > WORKUNIT_MAILBOXES)
		return;
	while (workunit_fields_next(&fields, &item)) {
		struct span *part = part_of(&p, group, item.field);

		if (part == NULL)
			continue;
		*part = item.cut ? whole_part(&item) : item.text;
		w->nodes_cut |= item.cut && item.field != F_URL;
	}
	add_nodes(w, group, &p);
}
