/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "app/app.h"

/* What only a running test needs to know. */
static void
forget_secrets(struct app_test *t)
{
	auth_use_unsaved(&t->auth, SPAN_NONE);
	wipe(t->secret, t->secret_n);
	t->secret_n = 0;
	auth_token_forget(&t->token);
}

void
app_test_start(
    struct app *a, const struct config_connector *connector, size_t secret_n)
{
	struct app_test *t = &a->test;

	t->number++;
	t->secret_n = secret_n;
	auth_init(&t->auth, &a->http, &a->vault, &a->route, &clock_system);
	auth_use_unsaved(&t->auth, (struct span){ t->secret, secret_n });
	sentinel_init(&t->sentinel, &a->http);
	sentinel_check_start(
	    &t->check, &t->auth, &t->sentinel, connector, &t->token);
	app_test_step(a);
}

bool
app_test_is_running(const struct app *a)
{
	return a->test.number != 0 && !sentinel_check_is_done(&a->test.check);
}

void
app_test_step(struct app *a)
{
	struct app_test *t = &a->test;

	if (t->number == 0)
		return;
	sentinel_check_step(&t->check);
	if (sentinel_check_is_done(&t->check) &&
	    (t->secret_n != 0 || t->token.header[0] != '\0'))
		forget_secrets(t);
}

void
app_test_interrupt(struct app *a)
{
	if (!app_test_is_running(a))
		return;
	sentinel_check_interrupt(&a->test.check);
	app_test_step(a);
}
