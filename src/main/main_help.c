/* SPDX-License-Identifier: MIT */
#include "main/main_help.h"

#include <string.h>

#include "app/app.h"

/* Lines of at most 79 columns; every one ends itself. */
struct topic {
	const char *name;
	const char *usage;   /* behind "wf-sentinel " */
	const char *summary; /* in the list of commands */
	const char *text;
	const char *example;
	const char *codes;
};

/* clang-format off */
static const struct topic TOPICS[] = {
	{ "run", "run [--once]",
	    "poll, enrich and deliver; once, or until SIGTERM",
	    "Polls every enabled connector, fetches alerts, entities and\n"
	    "comments, and delivers work units to the sinks. Without\n"
	    "--once it is the daemon in the foreground and logs on\n"
	    "standard error; a changed configuration is taken within two\n"
	    "seconds. With --once it polls each connector once, does the\n"
	    "enrichment that the budget allows now, delivers and ends.\n",
	    "wf-sentinel run --once",
	    "0 done, 75 network, throttling or another\n"
	    "instance, 77 refused by Entra or Azure, 78 configuration or\n"
	    "a missing secret\n" },
	{ "test", "test [NAME] [--json]",
	    "Test Connection: what works, what to correct",
	    "Logs in, looks at the workspace and reads its newest\n"
	    "incident, for the connector NAME or for all. Each check that\n"
	    "fails names the setting to correct. A running daemon does\n"
	    "it, with its secrets; otherwise this command does.\n",
	    "wf-sentinel test contoso",
	    "0 passed or with warnings, 64 no such connector,\n"
	    "75 network or another test is running, 77 refused, 78\n"
	    "configuration or a missing secret\n" },
	{ "status", "status [--json]",
	    "what the daemon does, and what to correct",
	    "Asks the running daemon how each connector and sink does.\n"
	    "What has failed stands under its row with the setting to\n"
	    "correct. --json is the answer of /v1/status at the status\n"
	    "socket.\n",
	    "wf-sentinel status",
	    "0 done, 75 no daemon answers\n" },
	{ "workunits", "workunits [--follow] [--json] [--limit N]",
	    "the newest work units, as a table or NDJSON",
	    "Shows the last delivered work units, newest first, 20 of\n"
	    "them or N (1 to 10000). --json writes each record as a line.\n"
	    "--follow shows the last ones, oldest first, then each new\n"
	    "one as it comes; it needs the daemon. Without a daemon the\n"
	    "store is read, which needs no configuration.\n",
	    "wf-sentinel workunits --limit 50",
	    "0 done, 74 the store cannot be read, 75 another\n"
	    "instance, or no daemon to follow\n" },
	{ "secret", "secret set|delete|list ...",
	    "store, remove and list secrets",
	    "  secret set SCOPE FIELD [--expires YYYY-MM-DD]\n"
	    "  secret delete SCOPE FIELD\n"
	    "  secret list\n"
	    "SCOPE is a connector's name and FIELD is client_secret. The\n"
	    "value is read from standard input, without echo on a\n"
	    "terminal, and used at the next login. It is sealed for the\n"
	    "tenant, client and cloud that it is entered for: where one\n"
	    "of these changes it is asked for again. With --expires a\n"
	    "warning comes a month before.\n",
	    "wf-sentinel secret set contoso client_secret --expires 2027-05-31",
	    "0 done, 64 no such SCOPE or FIELD, 74 it cannot\n"
	    "be stored, 78 the value cannot be a secret\n" },
	{ "export", "export FILE",
	    "settings and cursors to a file, no secret",
	    "Writes settings and the cursor of each workspace to FILE,\n"
	    "for a backup or another appliance. There is no secret in it.\n",
	    "wf-sentinel export wf-sentinel-backup.json",
	    "0 done, 73 FILE cannot be made, 74 it cannot be\n"
	    "written\n" },
	{ "import", "import FILE",
	    "settings and cursors from a file",
	    "Takes settings and cursors from a FILE that export wrote.\n"
	    "The appliance keeps its own appliance_id. Secrets are\n"
	    "entered again.\n",
	    "wf-sentinel import wf-sentinel-backup.json",
	    "0 done, 65 FILE is no export, 74 it cannot be\n"
	    "read, 78 a setting in it is wrong\n" },
	{ "support", "support FILE [--with-incidents]",
	    "a redacted diagnostic bundle (tar)",
	    "Writes what support asks for to FILE, a tar archive: status,\n"
	    "configuration and log without secrets, and without incidents\n"
	    "unless --with-incidents is given.\n",
	    "wf-sentinel support wf-sentinel-support.tar",
	    "0 done, 73 FILE cannot be made, 74 it cannot be\n"
	    "written\n" },
	{ "version", "version [--json]",
	    "version and dependencies",
	    "Prints the version, the revision it was built from, the\n"
	    "board and the versions of what is built in.\n",
	    "wf-sentinel version",
	    "0 done\n" },
};
/* clang-format on */

#define TOPIC_COUNT (sizeof TOPICS / sizeof TOPICS[0])

/* Where the summaries begin. */
#define SUMMARY_COLUMN 30u

static void
put_spaces(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_byte(b, ' ');
}

static int
print_all(void)
{
	uint8_t text[4096];
	struct buf b = BUF_OVER(text);

	buf_put_str(&b,
	    "wf-sentinel " WF_VERSION
	    ": Microsoft Sentinel incidents to WitFoo work units\n\n"
	    "usage: wf-sentinel [--config FILE] [--state DIR] COMMAND "
	    "[ARGS]\n\n");
	for (size_t i = 0; i < TOPIC_COUNT; i++) {
		size_t n = strlen(TOPICS[i].usage) + 2;

		buf_put_str(&b, "  ");
		buf_put_str(&b, TOPICS[i].usage);
		if (n >= SUMMARY_COLUMN) {
			buf_put_byte(&b, '\n');
			n = 0;
		}
		put_spaces(&b, SUMMARY_COLUMN - n);
		buf_put_str(&b, TOPICS[i].summary);
		buf_put_byte(&b, '\n');
	}
	buf_put_str(&b,
	    "\nThe state directory is " MAIN_DEFAULT_STATE
	    ", the configuration\n"
	    "config.json in it; WF_SENTINEL_STATE and WF_SENTINEL_CONFIG "
	    "change that.\n\n"
	    "'wf-sentinel COMMAND --help' says more of a command.\n\n"
	    "example: wf-sentinel --state /tmp/wf test contoso\n");
	return app_print(span_of(&b));
}

static int
print_topic(const struct topic *t)
{
	uint8_t text[2048];
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, "usage: wf-sentinel ");
	buf_put_str(&b, t->usage);
	buf_put_str(&b, "\n\n");
	buf_put_str(&b, t->text);
	buf_put_str(&b, "\nexample: ");
	buf_put_str(&b, t->example);
	buf_put_str(&b, "\n\nexit codes: ");
	buf_put_str(&b, t->codes);
	return app_print(span_of(&b));
}

bool
main_is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0;
}

int
main_help(const char *command)
{
	if (command == NULL)
		return print_all();
	for (size_t i = 0; i < TOPIC_COUNT; i++)
		if (strcmp(command, TOPICS[i].name) == 0)
			return print_topic(&TOPICS[i]);
	return -1;
}
