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

#define API_ROUTE_COUNT 17u

extern const struct control_route api_routes[API_ROUTE_COUNT];

/*
 * Who may use the control socket; control_settings.admit.
 *
 * root, the service user and members of the socket's group are administrators.
 * Processes of control.web_user act for somebody: the X-Remote-User header is
 * required and recorded, and with control.web_admins only these names may do
 * anything but GET.  The web server has to be a member of the socket's group,
 * or the kernel does not let it in; that gives it no more than this.  (A web
 * server that runs as root or as the service user is an administrator.)  From
 * anybody else the header means nothing.
 *
 * While the configuration is refused nobody knows these names: only root and
 * the service user may do anything but GET.
 */
control_handler api_admit;

#endif
