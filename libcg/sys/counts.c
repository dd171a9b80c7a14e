/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many tasks a cgroup v1 group has, by state, asked over netlink (taskstats,
 * CGROUPSTATS_CMD_GET, Linux 2.6.24). Unlike cgroup.procs it counts those outside our
 * PID namespace too, needs no privilege, and knows who sleeps uninterruptibly. It
 * leaves out frozen and idle tasks, so it is a lower bound. cgroup v2: -EINVAL.
 */
#include <errno.h>
#include <linux/cgroupstats.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>

#include "base/cleanup.h"
#include "counts.h"

#define REPLY_MS 200

static void closep(struct mnl_socket **s)
{
	if (*s)
		mnl_socket_close(*s);
}

static int on_family(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*(uint16_t *)data = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

static int on_counts(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CGROUPSTATS_TYPE_CGROUP_STATS &&
		    mnl_attr_get_payload_len(a) >= sizeof(struct cgroupstats))
			memcpy(data, mnl_attr_get_payload(a), sizeof(struct cgroupstats));
	return MNL_CB_OK;
}

static struct nlmsghdr *request(char *buf, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = cmd;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = cmd;
	g->version = 1;
	return h;
}

/* One request, one reply; the kernel answers before sendto() returns. */
static int ask(struct mnl_socket *s, struct nlmsghdr *h, mnl_cb_t cb, void *data)
{
	char buf[4096];
	ssize_t n;

	if (mnl_socket_sendto(s, h, h->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(s, buf, sizeof(buf));
	if (n < 0)
		return -errno;
	if (mnl_cb_run(buf, (size_t)n, h->nlmsg_seq, mnl_socket_get_portid(s), cb, data) < 0)
		return -errno;
	return 0;
}

int cgi_sys_counts(void *k, int dirfd, struct cgi_counts *ret)
{
	_cleanup_(closep) struct mnl_socket *s = NULL;
	struct timeval wait = { .tv_usec = REPLY_MS * 1000 };
	struct cgroupstats st = { 0 };
	uint16_t family = 0;
	struct nlmsghdr *h;
	char buf[512] = { 0 };		/* what aligns an attribute is sent too */
	int rc;

	(void)k;
	s = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return -errno;
	h = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME);
	rc = ask(s, h, on_family, &family);
	if (rc)
		return rc;
	if (!family)
		return -EOPNOTSUPP;
	h = request(buf, family, CGROUPSTATS_CMD_GET);
	mnl_attr_put_u32(h, CGROUPSTATS_CMD_ATTR_FD, (uint32_t)dirfd);
	rc = ask(s, h, on_counts, &st);
	if (rc)
		return rc;
	ret->uninterruptible = st.nr_uninterruptible;
	ret->total = st.nr_running + st.nr_sleeping + st.nr_stopped + st.nr_uninterruptible;
	return 0;
}
