/* SPDX-License-Identifier: MIT */
/*
 * Sources: unix(7) for addresses, SO_PEERCRED and SO_PEERGROUPS; the mode of a
 * new socket file is 0777 without the umask, so that it is never wider than
 * asked for, not even for a moment.
 */
#define _GNU_SOURCE /* struct ucred */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control_priv.h"

static enum st
make_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	return span_to_str(span_str(path), address->sun_path,
		   sizeof address->sun_path) == ST_OK ?
	    ST_OK :
	    ST_CONFIG;
}

/* The folder that holds it, if there is none yet. */
static enum st
make_folder(const struct sockaddr_un *address)
{
	char folder[sizeof address->sun_path];
	char *slash;
	mode_t mask;
	bool made;

	memcpy(folder, address->sun_path, sizeof folder);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return ST_OK;
	*slash = '\0';
	/* The status socket is for everybody. */
	mask = umask(022);
	made = mkdir(folder, 0755) == 0 || errno == EEXIST;
	(void)umask(mask);
	return made ? ST_OK : ST_IO;
}

/* What a crash left goes; a living socket and any other file stay. */
static enum st
clear_path(const struct sockaddr_un *address)
{
	struct stat about;
	int fd, answered;

	if (lstat(address->sun_path, &about) != 0)
		return errno == ENOENT ? ST_OK : ST_IO;
	if (!S_ISSOCK(about.st_mode))
		return ST_CONFIG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ST_IO;
	answered = connect(
	    fd, (const struct sockaddr *)address, sizeof *address);
	if (answered != 0 && errno == ECONNREFUSED)
		answered = unlink(address->sun_path) == 0 ? 1 : -1;
	else if (answered == 0 || errno == EAGAIN)
		answered = 0;
	close(fd);
	return answered == 0 ? ST_BUSY : answered == 1 ? ST_OK : ST_IO;
}

static enum st
bind_and_listen(int fd, const struct sockaddr_un *address, mode_t mode)
{
	mode_t before = umask(0777 & ~mode);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof *address);

	(void)umask(before);
	if (bound != 0)
		return ST_IO;
	if (listen(fd, CONTROL_BACKLOG_COUNT) == 0)
		return ST_OK;
	(void)unlink(address->sun_path);
	return ST_IO;
}

enum st
control_socket_listen(const char *path, mode_t mode, int *fd)
{
	struct sockaddr_un address;
	enum st st = make_address(path, &address);

	*fd = -1;
	if (st == ST_OK)
		st = make_folder(&address);
	if (st == ST_OK)
		st = clear_path(&address);
	if (st != ST_OK)
		return st;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return ST_IO;
	st = bind_and_listen(*fd, &address, mode);
	if (st != ST_OK) {
		close(*fd);
		*fd = -1;
	}
	return st;
}

static bool
has_group(int fd, gid_t gid)
{
	gid_t groups[CONTROL_GROUP_MAX_COUNT];
	socklen_t n = sizeof groups;

	/* More groups than that: ERANGE, and the peer is not believed. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof groups[0]; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool
control_socket_peer(int fd, gid_t gid, uid_t *uid)
{
	struct ucred peer;
	socklen_t n = sizeof peer;

	*uid = (uid_t)-1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	*uid = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid() || peer.gid == gid ||
	    has_group(fd, gid);
}
