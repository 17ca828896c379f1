/* SPDX-License-Identifier: MIT */
#ifndef API_API_PRIV_H
#define API_API_PRIV_H

#include "api/api.h"
#include "app/app.h"

control_handler api_log;     /* api_log.c */
control_handler api_metrics; /* api_metrics.c */
control_handler api_status;  /* api_status.c */

#endif
