/* SPDX-License-Identifier: MIT */
/*
 * api.h - what the daemon answers at its control and status sockets.
 *
 * The routes of the contract, one table in api.c; each handler is in the file
 * of its name.  Their ctx is the struct app.
 */
#ifndef API_API_H
#define API_API_H

#include "control/control.h"

#define API_ROUTE_COUNT 6u

extern const struct control_route api_routes[API_ROUTE_COUNT];

#endif
