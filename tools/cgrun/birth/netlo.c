/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings the loopback interface of a new network namespace up, over rtnetlink. */
#include <errno.h>
#include <net/if.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "birth/birth.h"
#include "banned.h"

int netlo_up(void)
{
	char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct ifinfomsg *ifi;
	ssize_t n;
	int r;

	if (!nl)
		return -errno;
	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = 1;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = 1;		/* lo, in every network namespace */
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	r = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
	if (!r) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0 ||
		    mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), NULL, NULL) < 0)
			r = -errno;
	}
	mnl_socket_close(nl);
	return r;
}
