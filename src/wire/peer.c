/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel notes credentials and groups when the other end connects. */
#include "wire/peer.h"

#include "wire/control.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GROUPS_MOST = 1024 };

unsigned peer_operators(void)
{
	const struct group *group = getgrnam(CONTROL_GROUP);

	return group ? group->gr_gid : (unsigned)-1;
}

static bool in_group(int fd, unsigned wanted)
{
	gid_t groups[GROUPS_MOST];
	socklen_t length = sizeof(groups);

	if (wanted == (unsigned)-1 || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0)
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

enum result peer_of(int fd, unsigned operators, struct peer *ret_peer)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || length != sizeof(peer))
		return REFUSED;
	*ret_peer = (struct peer){ .uid = peer.uid };
	ret_peer->operates = peer.uid == 0 || peer.uid == geteuid() ||
	                     (operators != (unsigned)-1 && (peer.gid == operators || in_group(fd, operators)));
	return OK;
}
