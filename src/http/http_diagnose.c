/* SPDX-License-Identifier: MIT */
#include "http/http.h"

bool
http_diagnose(
    const struct http_result *result, struct span host, struct diagnosis *d)
{
	if (result->st != ST_OK)
		diagnosis_set(d, span_str(result->cause), host);
	else if (result->status >= 300 && result->status < 400)
		diagnosis_set(d, SPAN_LIT("redirected"), host);
	else if (result->status >= 500 || result->status == 408)
		diagnosis_set(d, SPAN_LIT("http_5xx"), host);
	else
		return false;
	return true;
}
