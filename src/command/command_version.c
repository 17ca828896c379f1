/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "command/command.h"

int
command_version(struct app *a)
{
	uint8_t text[1024];
	struct buf b = BUF_OVER(text);
	struct json_out out = { &b, false };

	if (a->options.argc > 1 ||
	    (a->options.argc == 1 &&
		strcmp(a->options.argv[0], "--json") != 0)) {
		app_say("usage: ", "wf-sentinel version [--json]", "");
		return EXIT_USAGE;
	}
	if (a->options.argc == 1) {
		json_put_open(&out, '{');
		json_put_key(&out, "version");
		json_put_string(&out, SPAN_LIT(WF_VERSION));
		json_put_key(&out, "revision");
		json_put_string(&out, span_str(a->revision));
		json_put_key(&out, "board");
		json_put_string(&out, SPAN_LIT(WF_BOARD));
		json_put_key(&out, "dependencies");
		json_put_string(&out, span_str(a->dependencies));
		json_put_key(&out, "state_schema");
		json_put_int(&out, STORE_SCHEMA);
		json_put_close(&out, '}');
		buf_put_byte(&b, '\n');
	} else {
		buf_put_str(&b, "wf-sentinel " WF_VERSION " (");
		buf_put_str(&b, a->revision);
		buf_put_str(&b, ", " WF_BOARD ")\n");
		buf_put_str(&b, a->dependencies);
		buf_put_str(&b, "\nstate schema ");
		buf_put_u64(&b, STORE_SCHEMA);
		buf_put_byte(&b, '\n');
	}
	return app_print(span_of(&b));
}
