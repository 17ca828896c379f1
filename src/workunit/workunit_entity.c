/* SPDX-License-Identifier: MIT */
/*
 * Entities to rows: which property becomes which member, kind by kind, in the
 * order in which the members are written.
 *
 * An entity without its required member, or without any, is one of `others`
 * under its friendly name, as are all kinds that are not listed here.
 */
#include "workunit/workunit_priv.h"

#define RULE_MAX_COUNT 7u
#define NONE           0u /* entry 0 is never a property */

struct rule {
	uint8_t field;
	uint8_t want;
	uint8_t otherwise; /* where `want` has no text */
};

struct kind {
	struct span name;
	enum workunit_group group;
	int required;                     /* field, or negative */
	struct rule rule[RULE_MAX_COUNT]; /* ends with want NONE */
};

/* clang-format off */

#define KIND(name, group, required, ...) \
	{ { (const uint8_t *)(name), sizeof(name) - 1 }, group, required, \
	  { __VA_ARGS__ } }

static const struct kind KINDS[] = {
	KIND("Ip", WORKUNIT_IPS, F_ADDRESS,
	    { F_ADDRESS, WE_ADDRESS, NONE },
	    { F_COUNTRY, WE_COUNTRY, NONE },
	    { F_CITY, WE_CITY, NONE },
	    { F_ASN, WE_ASN, NONE }),
	KIND("Account", WORKUNIT_USERS, -1,
	    { F_UPN, WE_ACCOUNT, NONE },
	    { F_NAME, WE_ACCOUNT, NONE },
	    { F_DOMAIN, WE_NT_DOMAIN, WE_DNS_DOMAIN },
	    { F_SID, WE_SID, NONE },
	    { F_OBJECT_ID, WE_AAD_USER, WE_OBJECT_GUID },
	    { F_DISPLAY_NAME, WE_DISPLAY, NONE }),
	KIND("Host", WORKUNIT_HOSTS, -1,
	    { F_FQDN, WE_HOST, NONE },
	    { F_NAME, WE_HOST, WE_NET_BIOS },
	    { F_DOMAIN, WE_DNS_DOMAIN, WE_NT_DOMAIN },
	    { F_OS, WE_OS_FAMILY, WE_OS_VERSION },
	    { F_AZURE_ID, WE_AZURE_ID, NONE }),
	KIND("IoTDevice", WORKUNIT_HOSTS, -1,
	    { F_NAME, WE_DEVICE, WE_DEVICE_ID },
	    { F_OS, WE_DEVICE_OS, NONE }),
	KIND("DnsResolution", WORKUNIT_DOMAINS, F_NAME,
	    { F_NAME, WE_DOMAIN, NONE }),
	KIND("Url", WORKUNIT_URLS, F_URL,
	    { F_URL, WE_URL, NONE }),
	KIND("MailMessage", WORKUNIT_EMAILS, -1,
	    { F_SUBJECT, WE_SUBJECT, NONE },
	    { F_SENDER, WE_P2_SENDER, WE_P1_SENDER },
	    { F_RECIPIENT, WE_RECIPIENT, NONE },
	    { F_MESSAGE_ID, WE_INTERNET_ID, WE_NETWORK_ID },
	    { F_SENDER_IP, WE_SENDER_IP, NONE },
	    { F_DELIVERY, WE_DELIVERY, NONE }),
	KIND("SubmissionMail", WORKUNIT_EMAILS, -1,
	    { F_SUBJECT, WE_SUBJECT, NONE },
	    { F_SENDER, WE_SENDER, NONE },
	    { F_RECIPIENT, WE_RECIPIENT, NONE },
	    { F_MESSAGE_ID, WE_NETWORK_ID, NONE },
	    { F_SENDER_IP, WE_SUBMIT_IP, NONE }),
	KIND("Mailbox", WORKUNIT_MAILBOXES, -1,
	    { F_ADDRESS, WE_MAILBOX, NONE },
	    { F_UPN, WE_UPN, NONE },
	    { F_DISPLAY_NAME, WE_DISPLAY, NONE }),
	KIND("File", WORKUNIT_FILES, -1,
	    { F_NAME, WE_FILE, NONE },
	    { F_DIRECTORY, WE_DIRECTORY, NONE }),
	KIND("FileHash", WORKUNIT_HASHES, F_VALUE,
	    { F_ALGORITHM, WE_ALGORITHM, NONE },
	    { F_VALUE, WE_HASH, NONE }),
	KIND("Process", WORKUNIT_PROCESSES, -1,
	    { F_ID, WE_PROCESS, NONE },
	    { F_COMMAND, WE_COMMAND, NONE },
	    { F_CREATED_AT, WE_STARTED, NONE }),
	KIND("RegistryKey", WORKUNIT_REGISTRY, -1,
	    { F_HIVE, WE_HIVE, NONE },
	    { F_KEY, WE_KEY, NONE }),
	KIND("RegistryValue", WORKUNIT_REGISTRY, -1,
	    { F_VALUE_NAME, WE_VALUE_NAME, NONE },
	    { F_VALUE_TYPE, WE_VALUE_TYPE, NONE },
	    { F_VALUE, WE_VALUE_DATA, NONE }),
	KIND("AzureResource", WORKUNIT_CLOUD_RESOURCES, F_RESOURCE,
	    { F_RESOURCE, WE_RESOURCE, NONE }),
	KIND("CloudApplication", WORKUNIT_APPLICATIONS, -1,
	    { F_NAME, WE_APP, NONE },
	    { F_APP_ID, WE_APP_ID, NONE },
	    { F_INSTANCE, WE_INSTANCE, NONE }),
	KIND("Malware", WORKUNIT_MALWARE, -1,
	    { F_NAME, WE_MALWARE, NONE },
	    { F_CATEGORY, WE_CATEGORY, NONE }),
};

/* clang-format on */

#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)

/* Two texts joined by a byte, for names that come in two parts. */
static void
put_joined(struct workunit_fields *f, const struct workunit_source *s,
    enum workunit_field field, const unsigned want[2], uint8_t between)
{
	uint8_t storage[2 * WORKUNIT_NAME_MAX_BYTES + 1];
	struct buf b = BUF_OVER(storage);

	buf_put(&b, workunit_source_text(s, want[0]));
	buf_put_byte(&b, between);
	buf_put(&b, workunit_source_text(s, want[1]));
	workunit_fields_put(f, field, span_of(&b),
	    workunit_source_is_cut(s, want[0]) ||
		workunit_source_is_cut(s, want[1]));
}

/* accountName may be a UPN by itself, else upnSuffix completes it. */
static void
put_upn(struct workunit_fields *f, const struct workunit_source *s)
{
	static const unsigned WANT[2] = { WE_ACCOUNT, WE_UPN_SUFFIX };
	struct span name = workunit_source_text(s, WE_ACCOUNT);

	if (span_find_byte(name, '@') != SIZE_MAX)
		workunit_fields_put(
		    f, F_UPN, name, workunit_source_is_cut(s, WE_ACCOUNT));
	else if (name.p != NULL &&
	    workunit_source_text(s, WE_UPN_SUFFIX).p != NULL)
		put_joined(f, s, F_UPN, WANT, '@');
}

/* True when `name` ends with "." and the domain, in any case. */
static bool
has_domain(struct span name, struct span domain)
{
	struct span tail;

	if (name.n < domain.n + 2)
		return false;
	tail = span_sub(name, name.n - domain.n - 1, name.n);
	return tail.p[0] == '.' &&
	    span_eq_nocase(span_sub(tail, 1, tail.n), domain);
}

/* hostName should have no domain; where it has it, it is not added again. */
static void
put_fqdn(struct workunit_fields *f, const struct workunit_source *s)
{
	static const unsigned WANT[2] = { WE_HOST, WE_DNS_DOMAIN };
	struct span name = workunit_source_text(s, WE_HOST);
	struct span domain = workunit_source_text(s, WE_DNS_DOMAIN);

	if (name.p == NULL || domain.p == NULL)
		return;
	if (has_domain(name, domain))
		workunit_fields_put(
		    f, F_FQDN, name, workunit_source_is_cut(s, WE_HOST));
	else
		put_joined(f, s, F_FQDN, WANT, '.');
}

/* A family that the service does not know is less than a version. */
static bool
is_better_elsewhere(const struct workunit_source *s, const struct rule *r)
{
	struct span text = workunit_source_text(s, r->want);

	if (r->otherwise == NONE)
		return false;
	if (r->want == WE_OS_FAMILY &&
	    span_eq_nocase(text, SPAN_LIT("Unknown")))
		return workunit_source_text(s, r->otherwise).p != NULL;
	return text.p == NULL;
}

static void
put_number(struct workunit_fields *f, const struct workunit_source *s,
    const struct rule *r)
{
	uint8_t digits[WORKUNIT_NUMBER_MAX_BYTES];
	struct buf b = BUF_OVER(digits);
	int64_t value;

	if (workunit_source_int(s, r->want, &value) != ST_OK)
		return;
	buf_put_i64(&b, value);
	workunit_fields_put(
	    f, (enum workunit_field)r->field, span_of(&b), false);
}

static void
put_rule(struct workunit_fields *f, const struct workunit_source *s,
    const struct rule *r)
{
	enum workunit_field field = (enum workunit_field)r->field;
	unsigned want = is_better_elsewhere(s, r) ? r->otherwise : r->want;
	struct workunit_when when;

	if (field == F_UPN && want == WE_ACCOUNT)
		put_upn(f, s);
	else if (field == F_FQDN)
		put_fqdn(f, s);
	else if (workunit_field_how(field) == WORKUNIT_HOW_NUMBER)
		put_number(f, s, r);
	else if (workunit_field_how(field) == WORKUNIT_HOW_TIME) {
		when = workunit_when(workunit_source_text(s, want));
		workunit_fields_put(f, field, workunit_when_text(&when), false);
	} else
		workunit_fields_put(f, field, workunit_source_text(s, want),
		    workunit_source_is_cut(s, want));
}

static const struct kind *
find_kind(struct span name)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (span_eq_nocase(name, KINDS[i].name))
			return &KINDS[i];
	return NULL;
}

static bool
has_field(struct span fields, int required)
{
	struct workunit_item item;

	if (required < 0)
		return fields.n != 0;
	while (workunit_fields_next(&fields, &item))
		if ((int)item.field == required)
			return true;
	return false;
}

/* False when the kind is not known or a member is missing. */
static bool
put_kind(struct workunit_fields *f, const struct workunit_source *s,
    const struct kind *kind)
{
	if (kind == NULL)
		return false;
	for (size_t i = 0; i < RULE_MAX_COUNT && kind->rule[i].want != NONE;
	     i++)
		put_rule(f, s, &kind->rule[i]);
	return has_field(span_of(&f->b), kind->required);
}

/* Both members are required: an absent one is empty. */
static void
put_other(struct workunit_fields *f, const struct workunit_source *s)
{
	struct span kind = workunit_source_text(s, WE_KIND);
	unsigned want = workunit_source_text(s, WE_FRIENDLY).p != NULL ?
	    WE_FRIENDLY :
	    WE_NAME;
	struct span name = workunit_source_text(s, want);

	workunit_fields_put(f, F_KIND, kind.p != NULL ? kind : SPAN_LIT(""),
	    workunit_source_is_cut(s, WE_KIND));
	workunit_fields_put(f, F_NAME, name.p != NULL ? name : SPAN_LIT(""),
	    workunit_source_is_cut(s, want));
}

void
workunit_entity_add(struct workunit *w, const struct workunit_source *s)
{
	const struct kind *kind = find_kind(workunit_source_text(s, WE_KIND));
	struct workunit_slot slot = { WORKUNIT_ENTITY_ROWS, WORKUNIT_OTHERS,
		0 };
	uint8_t storage[WORKUNIT_ROW_MAX_BYTES];
	struct workunit_fields f;

	workunit_fields_init(&f, BUF_OVER(storage), -1);
	if (put_kind(&f, s, kind))
		slot.group = kind->group;
	else {
		workunit_fields_init(&f, BUF_OVER(storage), -1);
		put_other(&f, s);
	}
	/* Long ones stand behind the others of their kind: one of them takes
	 * the place of ten. */
	slot.rank = workunit_hash(span_of(&f.b), slot.group) >> 1 |
	    (uint64_t)(f.b.n > WORKUNIT_LONG_ROW_BYTES) << 63;
	workunit_rows_add(w, slot, &f);
	workunit_nodes_add(w, (enum workunit_group)slot.group, span_of(&f.b));
}
