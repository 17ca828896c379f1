/* SPDX-License-Identifier: MIT */
/*
 * Every key that is no text by itself: its default, both ends of its range, one
 * beyond each, another type.  The numbers are those of the external contract,
 * written out again and not taken from the tables under test.
 */
#include "config_help.h"

static struct config_connector *const connector = config.connector;

/* ---- numbers ------------------------------------------------------------- */

static const struct {
	enum place place;
	const char *key;
	uint32_t *field;
	long low, high, def;
} NUMBERS[] = {
	{ NETWORK, "connect_timeout_seconds", &config.connect_timeout_s, 1, 120,
	    10 },
	{ NETWORK, "request_timeout_seconds", &config.request_timeout_s, 5, 600,
	    60 },
	{ STORE, "max_mib", &config.store_max_mib, 16, 4096, 256 },
	{ STORE, "keep_days", &config.store_keep_days, 0, 365, 7 },
	{ CONNECTOR, "poll_interval_seconds",
	    &config.connector[0].poll_interval_s, 60, 86400, 300 },
	{ CONNECTOR, "initial_lookback_hours",
	    &config.connector[0].initial_lookback_h, 0, 8760, 24 },
	{ CONNECTOR, "overlap_seconds", &config.connector[0].overlap_s, 0, 7200,
	    900 },
	{ CONNECTOR, "enrichment_calls_per_5min",
	    &config.connector[0].enrichment_calls_per_5min, 10, 1000000, 100 },
	{ FILE_SINK, "rotate_mib", &config.sink[0].rotate_mib, 1, 1024, 16 },
	{ FILE_SINK, "keep", &config.sink[0].keep, 1, 100, 4 },
	{ ANALYTICS, "batch", &config.sink[0].batch, 1, 1000, 50 },
};

static const char *
decimal(long v)
{
	static char text[24];

	snprintf(text, sizeof text, "%ld", v);
	return text;
}

Test(config, numbers_have_their_default_and_both_ends_of_their_range)
{
	for (size_t i = 0; i < COUNT(NUMBERS); i++) {
		const char *key = NUMBERS[i].key;

		help_assert_accepted(NUMBERS[i].place, key, NULL);
		cr_expect_eq(*NUMBERS[i].field, NUMBERS[i].def, "%s", key);
		help_assert_accepted(
		    NUMBERS[i].place, key, decimal(NUMBERS[i].low));
		cr_expect_eq(*NUMBERS[i].field, NUMBERS[i].low, "%s", key);
		help_assert_accepted(
		    NUMBERS[i].place, key, decimal(NUMBERS[i].high));
		cr_expect_eq(*NUMBERS[i].field, NUMBERS[i].high, "%s", key);
	}
}

Test(config, numbers_beyond_their_range_are_refused)
{
	for (size_t i = 0; i < COUNT(NUMBERS); i++) {
		char range[64];

		snprintf(range, sizeof range,
		    "is out of range, allowed: a number, %ld to %ld",
		    NUMBERS[i].low, NUMBERS[i].high);
		help_assert_refused(NUMBERS[i].place, NUMBERS[i].key,
		    decimal(NUMBERS[i].low - 1), range);
		help_assert_refused(NUMBERS[i].place, NUMBERS[i].key,
		    decimal(NUMBERS[i].high + 1), range);
		help_assert_refused(NUMBERS[i].place, NUMBERS[i].key,
		    "4294967396", range); /* 2^32 + 100 */
		help_assert_refused(NUMBERS[i].place, NUMBERS[i].key,
		    "99999999999999999999999", range);
	}
}

Test(config, numbers_of_other_types_are_refused)
{
	static const struct {
		const char *value, *part;
	} BAD[] = {
		{ "'60'", "'60' has the wrong type" },
		{ "true", "true has the wrong type" },
		{ "null", "null has the wrong type" },
		{ "{}", "an object has the wrong type" },
		{ "[60]", "a list has the wrong type" },
		{ "60.0", "60.0 is not a whole number" },
		{ "6e1", "6e1 is not a whole number" },
		{ "6E1", "6E1 is not a whole number" },
	};

	for (size_t i = 0; i < COUNT(NUMBERS); i++)
		for (size_t k = 0; k < COUNT(BAD); k++)
			help_assert_refused(NUMBERS[i].place, NUMBERS[i].key,
			    BAD[k].value, BAD[k].part);
}

/* ---- words --------------------------------------------------------------- */

static const struct {
	enum place place;
	const char *key;
	void *field; /* of an enum: as wide as unsigned */
	const char *words[5];
	unsigned def;
} WORDS[] = {
	{ ROOT, "log_level", &config.log_level,
	    { "error", "warning", "info", "debug" }, CONFIG_LOG_INFO },
	{ CONNECTOR, "cloud", &config.connector[0].cloud, { "public", "usgov" },
	    CONFIG_PUBLIC },
	{ CONNECTOR, "auth_method", &config.connector[0].auth_method,
	    { "client_secret", "client_certificate" }, CONFIG_CLIENT_SECRET },
	{ CONNECTOR, "certificate_alg", &config.connector[0].certificate_alg,
	    { "PS256", "RS256" }, CONFIG_PS256 },
	{ CONNECTOR, "min_severity", &config.connector[0].min_severity,
	    { "informational", "low", "medium", "high" },
	    CONFIG_INFORMATIONAL },
	{ CONNECTOR, "status_sync", &config.connector[0].status_sync,
	    { "pull" }, CONFIG_PULL },
	{ FILE_SINK, "format", &config.sink[0].format,
	    { "workunit", "artifact" }, CONFIG_WORKUNIT },
	{ NATS, "format", &config.sink[0].format, { "workunit", "artifact" },
	    CONFIG_ARTIFACT },
	{ ANALYTICS, "format", &config.sink[0].format,
	    { "workunit", "artifact" }, CONFIG_ARTIFACT },
};

static unsigned
word_at(size_t i)
{
	unsigned v;

	memcpy(&v, WORDS[i].field, sizeof v);
	return v;
}

Test(config, words_are_taken_in_the_order_of_their_enum)
{
	for (size_t i = 0; i < COUNT(WORDS); i++) {
		help_assert_accepted(WORDS[i].place, WORDS[i].key, NULL);
		cr_expect_eq(word_at(i), WORDS[i].def, "%s", WORDS[i].key);
		for (unsigned k = 0; WORDS[i].words[k] != NULL; k++) {
			char value[64];

			snprintf(
			    value, sizeof value, "'%s'", WORDS[i].words[k]);
			help_assert_accepted(
			    WORDS[i].place, WORDS[i].key, value);
			cr_expect_eq(
			    word_at(i), k, "%s %s", WORDS[i].key, value);
		}
	}
	cr_expect(CONFIG_INFORMATIONAL < CONFIG_LOW &&
	    CONFIG_LOW < CONFIG_MEDIUM && CONFIG_MEDIUM < CONFIG_HIGH);
}

Test(config, other_words_and_types_are_refused_with_the_words_there_are)
{
	for (size_t i = 0; i < COUNT(WORDS); i++) {
		char first[64];

		snprintf(
		    first, sizeof first, "allowed: '%s'", WORDS[i].words[0]);
		help_assert_refused(
		    WORDS[i].place, WORDS[i].key, "'nonsense'", first);
		help_assert_refused(WORDS[i].place, WORDS[i].key, "''", first);
		help_assert_refused(WORDS[i].place, WORDS[i].key,
		    "'PUBLIC FILE HIGH INFO and much more than any word has'",
		    first);
		help_assert_refused(WORDS[i].place, WORDS[i].key, "1", first);
		help_assert_refused(
		    WORDS[i].place, WORDS[i].key, "null", first);
		help_assert_refused(WORDS[i].place, WORDS[i].key, "[]", first);
	}
	help_assert_refused(CONNECTOR, "cloud", "'Public'", "is not known");
	help_assert_accepted(CONNECTOR, "cloud", "'us\\u0067ov'");
	cr_expect_eq(connector->cloud, CONFIG_USGOV, "written with an escape");
}

/* ---- booleans ------------------------------------------------------------ */

Test(config, booleans_are_true_or_false_only)
{
	static const struct {
		enum place place;
		const char *key;
		bool *field;
		bool def;
	} BOOLS[] = {
		{ CONNECTOR, "enabled", &config.connector[0].enabled, true },
		{ FILE_SINK, "enabled", &config.sink[0].enabled, true },
		{ FILE_SINK, "required", &config.sink[0].required, true },
	};

	for (size_t i = 0; i < COUNT(BOOLS); i++) {
		help_assert_accepted(BOOLS[i].place, BOOLS[i].key, NULL);
		cr_expect_eq(*BOOLS[i].field, BOOLS[i].def);
		help_assert_accepted(BOOLS[i].place, BOOLS[i].key, "true");
		cr_expect(*BOOLS[i].field);
		help_assert_accepted(BOOLS[i].place, BOOLS[i].key, "false");
		cr_expect(!*BOOLS[i].field);
		help_assert_refused(BOOLS[i].place, BOOLS[i].key, "0",
		    "0 has the wrong type, allowed: true or false");
		help_assert_refused(BOOLS[i].place, BOOLS[i].key, "'true'",
		    "allowed: true or false");
		help_assert_refused(BOOLS[i].place, BOOLS[i].key, "null",
		    "allowed: true or false");
	}
}

/* ---- sets ---------------------------------------------------------------- */

static const struct {
	const char *value;
	uint8_t statuses;
} STATUSES[] = {
	{ NULL, 7 },
	{ "['New']", CONFIG_STATUS_NEW },
	{ "['Active']", CONFIG_STATUS_ACTIVE },
	{ "['Closed']", CONFIG_STATUS_CLOSED },
	{ "['Closed','New']", CONFIG_STATUS_CLOSED | CONFIG_STATUS_NEW },
	{ "['New','Active','Closed']", 7 },
};

Test(config, statuses_are_a_set_that_is_not_empty)
{
	for (size_t i = 0; i < COUNT(STATUSES); i++) {
		help_assert_accepted(CONNECTOR, "statuses", STATUSES[i].value);
		cr_expect_eq(connector->statuses, STATUSES[i].statuses);
		cr_expect_eq(
		    connector->statuses_given, STATUSES[i].value != NULL);
	}
	help_assert_refused(CONNECTOR, "statuses", "[]",
	    "a list is empty, allowed: a list of at least one of 'New', "
	    "'Active', 'Closed'");
	help_assert_refused(
	    CONNECTOR, "statuses", "'New'", "'New' has the wrong type");
	help_assert_refused(CONNECTOR, "statuses", "{'New':true}",
	    "an object has the wrong type");
}

Test(config, fetch_is_a_set_that_may_be_empty)
{
	help_assert_accepted(CONNECTOR, "fetch", NULL);
	cr_expect_eq(connector->fetch,
	    CONFIG_FETCH_ALERTS | CONFIG_FETCH_ENTITIES |
		CONFIG_FETCH_COMMENTS);
	help_assert_accepted(CONNECTOR, "fetch", "[]");
	cr_expect_eq(connector->fetch, 0);
	help_assert_accepted(CONNECTOR, "fetch", "['comments','alerts']");
	cr_expect_eq(
	    connector->fetch, CONFIG_FETCH_COMMENTS | CONFIG_FETCH_ALERTS);
	help_assert_accepted(CONNECTOR, "fetch", "['entities']");
	cr_expect_eq(connector->fetch, CONFIG_FETCH_ENTITIES);
	help_assert_refused(CONNECTOR, "fetch", "null",
	    "allowed: a list of "
	    "'alerts', 'entities', 'comments'");
}

Test(config, every_wrong_element_of_a_set_is_named_by_its_index)
{
	cr_assert_eq(help_parse_key(CONNECTOR, "statuses",
			 "['new','New',1,'New',null,['x']]"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 5);
	cr_expect(help_has("connectors[0].statuses[0]", "'new' is not known"));
	cr_expect(help_has("connectors[0].statuses[2]", "1 has the wrong"));
	cr_expect(help_has("connectors[0].statuses[3]", "'New' stands twice"));
	cr_expect(help_has("connectors[0].statuses[4]", "null has the wrong"));
	cr_expect(help_has("connectors[0].statuses[5]", "a list has the"));
}

/* ---- lists and objects --------------------------------------------------- */

Test(config, lists_and_objects_of_other_types_are_refused)
{
	static const struct {
		enum place place;
		const char *key, *allowed;
	} ROW[] = {
		{ ROOT, "connectors", "allowed: a list of 0 to 8 objects" },
		{ ROOT, "sinks", "allowed: a list of 1 to 4 objects" },
		{ ROOT, "network", "allowed: an object" },
		{ ROOT, "control", "allowed: an object" },
		{ ROOT, "store", "allowed: an object" },
		{ CONTROL, "web_admins", "allowed: a list of 1 to 16 user" },
		{ CONNECTOR, "exclude", "allowed: a list of 0 to 32 objects" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++) {
		help_assert_refused(
		    ROW[i].place, ROW[i].key, "1", ROW[i].allowed);
		help_assert_refused(
		    ROW[i].place, ROW[i].key, "null", ROW[i].allowed);
		help_assert_refused(
		    ROW[i].place, ROW[i].key, "'x'", ROW[i].allowed);
		help_assert_refused(ROW[i].place, ROW[i].key,
		    strstr(ROW[i].allowed, "list") != NULL ? "{}" : "[]",
		    ROW[i].allowed);
	}
}

Test(config, version_is_required_and_a_positive_number)
{
	help_assert_refused(
	    ROOT, "version", NULL, "is missing, allowed: a number, 1");
	help_assert_refused(
	    ROOT, "version", "0", "0 is out of range, allowed: a number, 1");
	help_assert_refused(ROOT, "version", "-1", "is out of range");
	help_assert_refused(ROOT, "version", "1.0", "is not a whole number");
	help_assert_refused(ROOT, "version", "'1'", "has the wrong type");
	help_assert_refused(ROOT, "version", "null", "has the wrong type");
	help_assert_accepted(ROOT, "version", "1");
	cr_expect_eq(config.version, 1);
	help_assert_accepted(ROOT, "version", "2");
	cr_expect_eq(config.version, 2);
}

Test(config, web_admins_are_one_to_sixteen_names)
{
	help_assert_accepted(CONTROL, "web_admins", NULL);
	cr_expect_eq(config.web_admin_count, 0);
	help_assert_accepted(CONTROL, "web_admins", "['anna','b\\u00e4r']");
	cr_assert_eq(config.web_admin_count, 2);
	cr_expect(help_is(config.web_admins[0], "anna"));
	cr_expect(help_is(config.web_admins[1], "b\xc3\xa4r"));
	help_assert_accepted(CONTROL, "web_admins",
	    "['1','2','3','4','5',"
	    "'6','7','8','9','10','11','12','13','14','15','16']");
	cr_assert_eq(config.web_admin_count, 16);
	cr_expect(help_is(config.web_admins[15], "16"));
	cr_assert_eq(
	    help_parse_key(CONTROL, "web_admins",
		"['1','2','3','4',"
		"'5','6','7','8','9','10','11','12','13','14','15','16','17']"),
	    ST_CONFIG);
	cr_expect(help_has("control.web_admins[16]", "is one too many"));
	help_assert_refused(CONTROL, "web_admins", "[]",
	    "a list is empty, allowed: a list of 1 to 16 user names (leave "
	    "the key out to allow all)");
	cr_assert_eq(
	    help_parse_key(CONTROL, "web_admins", "['',1]"), ST_CONFIG);
	cr_expect(help_has("control.web_admins[0]", "is empty"));
	cr_expect(help_has("control.web_admins[1]", "has the wrong type"));
}
