/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.netDevices: moves network devices from the caller's network namespace into the
 * container's, over rtnetlink. The kernel keeps what belongs to the device (its address, its
 * MTU) and drops its IP addresses, so these are read before and added again behind it: those
 * that are permanent and of global scope, as the specification wants. Then it is set up.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "birth/birth.h"
#include "banned.h"

#define MAX_ADDRESSES	64
#define BUF_SIZE	32768		/* what a dump comes in, at most */

struct address {
	struct ifaddrmsg head;
	char attrs[256];		/* those to give again */
	size_t len;
};

struct move {
	struct mnl_socket *here, *there;	/* in the two namespaces */
	int net;				/* the container's */
	unsigned index;				/* of the device, where it is now */
	struct address *address;
	size_t n;
	bool too_many;
	char buf[BUF_SIZE];
};

/* One request, whose answers go to fn until the last. */
static int ask(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t fn, void *data, char *buf)
{
	int r = 1;

	nlh->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (r > 0) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, BUF_SIZE);

		r = n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), fn, data);
	}
	return r < 0 ? -errno : 0;
}

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		mnl_socket_close(nl);
		nl = NULL;
	}
	return nl;
}

/* A socket belongs to the namespace that it is opened in, and so does the one that it stays in. */
static int open_sockets(struct move *m, pid_t pid)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), r = 0;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	m->net = open(path, O_RDONLY | O_CLOEXEC);
	if (own < 0 || m->net < 0)
		r = -errno;
	m->here = r ? NULL : open_socket();
	if (!r && !m->here)
		r = -errno;
	if (!r && setns(m->net, CLONE_NEWNET) < 0)
		r = -errno;
	if (!r) {
		m->there = open_socket();
		r = m->there ? 0 : -errno;
		if (setns(own, CLONE_NEWNET) < 0)
			r = -errno;
	}
	if (own >= 0)
		close(own);
	return r;
}

/* ---- addresses ---- */

static int keep_attr(const struct nlattr *attr, void *data)
{
	struct address *a = data;
	size_t len = MNL_ALIGN(mnl_attr_get_len(attr));

	switch (mnl_attr_get_type(attr)) {
	case IFA_LOCAL:
	case IFA_ADDRESS:
	case IFA_BROADCAST:
	case IFA_ANYCAST:
	case IFA_RT_PRIORITY:
		if (a->len + len <= sizeof(a->attrs)) {
			memcpy(a->attrs + a->len, attr, len);
			a->len += len;
		}
	}
	return MNL_CB_OK;
}

static int keep_address(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *head = mnl_nlmsg_get_payload(nlh);
	struct move *m = data;
	struct address *a = &m->address[m->n];

	if (nlh->nlmsg_type != RTM_NEWADDR || head->ifa_index != m->index ||
	    head->ifa_scope != RT_SCOPE_UNIVERSE || !(head->ifa_flags & IFA_F_PERMANENT))
		return MNL_CB_OK;
	m->too_many = m->n == MAX_ADDRESSES;
	if (m->too_many)
		return MNL_CB_STOP;
	*a = (struct address){ .head = *head };
	mnl_attr_parse(nlh, sizeof(*head), keep_attr, a);
	m->n++;
	return MNL_CB_OK;
}

static int read_addresses(struct move *m)
{
	char request[64] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifaddrmsg *head;
	int r;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->ifa_family = AF_UNSPEC;
	m->n = 0;
	r = ask(m->here, nlh, keep_address, m, m->buf);
	return m->too_many ? -E2BIG : r;
}

static int give_address(struct move *m, const struct address *a)
{
	char request[512] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifaddrmsg *head;

	nlh->nlmsg_type = RTM_NEWADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	*head = a->head;
	head->ifa_index = m->index;
	head->ifa_flags = IFA_F_PERMANENT;
	memcpy(mnl_nlmsg_get_payload_tail(nlh), a->attrs, a->len);
	nlh->nlmsg_len += (uint32_t)a->len;
	return ask(m->there, nlh, NULL, NULL, m->buf);
}

/* ---- the device ---- */

static int keep_index(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWLINK)
		*(unsigned *)data = (unsigned)ifi->ifi_index;
	return MNL_CB_OK;
}

/* By its name, with the acknowledgement as the end of the answers. */
static int find(struct move *m, struct mnl_socket *nl, const char *name)
{
	char request[128] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	m->index = 0;
	return ask(nl, nlh, keep_index, &m->index, m->buf);
}

/* Into the other namespace, where it gets its new name, and its old number if that is free. */
static int hand_over(struct move *m, const char *name, unsigned index)
{
	char request[128] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)m->index;
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)m->net);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (index)
		mnl_attr_put_u32(nlh, IFLA_NEW_IFINDEX, index);
	return ask(m->here, nlh, NULL, NULL, m->buf);
}

static int set_flags(struct move *m, struct mnl_socket *nl, unsigned up)
{
	char request[64] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)m->index;
	ifi->ifi_flags = up;
	ifi->ifi_change = IFF_UP;
	return ask(nl, nlh, NULL, NULL, m->buf);
}

/* Which number it will have: one that nobody has there, so that it is known what to set up. */
static unsigned free_index(struct move *m)
{
	unsigned wanted = m->index, found;
	char request[64];

	for (unsigned i = wanted; i < wanted + 4096; i++) {
		struct nlmsghdr *nlh;
		struct ifinfomsg *ifi;

		memset(request, 0, sizeof(request));
		nlh = mnl_nlmsg_put_header(request);
		nlh->nlmsg_type = RTM_GETLINK;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
		ifi->ifi_index = (int)i;
		if (ask(m->there, nlh, keep_index, &found, m->buf) == -ENODEV)
			return i;
	}
	return 0;
}

static int move_one(struct move *m, const struct spec_netdev *d, struct err *e)
{
	unsigned index;
	int r = find(m, m->here, d->host);

	if (r == -ENODEV)
		return err_set(e, r, "there is no such network device");
	if (!r)
		r = read_addresses(m);
	if (r)
		return fail(e, r, "its addresses");
	if (!strchr(d->name, '%') && !find(m, m->there, d->name))
		return err_set(e, -EEXIST, "the container's network namespace has a device %s "
			       "already", d->name);
	(void)find(m, m->here, d->host);
	index = free_index(m);
	/* Not while it is up: before Linux 6.2 it could not be given another name then. */
	r = set_flags(m, m->here, 0);
	if (!r)
		r = hand_over(m, d->name, index);
	if (r)
		return fail(e, r, "move to the container's network namespace");
	m->index = index;
	for (size_t i = 0; !r && i < m->n; i++)
		r = give_address(m, &m->address[i]);
	if (r)
		return fail(e, r, "its addresses");
	r = set_flags(m, m->there, IFF_UP);
	return r ? fail(e, r, "set up") : 0;
}

int netdev_move(const struct spec *s, pid_t pid, struct err *e)
{
	struct move *m;
	int r;

	if (!s->n_netdevs)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return no_memory(e);
	m->net = -1;
	m->address = calloc(MAX_ADDRESSES, sizeof(*m->address));
	r = m->address ? open_sockets(m, pid) : -ENOMEM;
	if (r)
		fail(e, r, "linux.netDevices");
	for (size_t i = 0; i < s->n_netdevs && !r; i++) {
		r = move_one(m, &s->netdevs[i], e);
		if (r)
			err_wrap(e, "linux.netDevices[\"%s\"]", s->netdevs[i].host);
	}
	if (m->here)
		mnl_socket_close(m->here);
	if (m->there)
		mnl_socket_close(m->there);
	if (m->net >= 0)
		close(m->net);
	free(m->address);
	free(m);
	return r;
}
