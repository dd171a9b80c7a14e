/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of reading a configuration, one file each. */
#ifndef CGRUN_SPEC_PARTS_H
#define CGRUN_SPEC_PARTS_H

#include "node.h"
#include "spec.h"

int spec_read_process(const struct node *process, struct spec_process **ret, struct err *e);
int spec_read_mounts(const struct node *root, struct spec *s, struct err *e);
int spec_read_namespaces(const struct node *section, struct spec *s, struct err *e);
/* A list of mappings; none: 0 and *count stays. */
int spec_read_maps(const struct node *section, const char *key, struct spec_map **ret,
		   size_t *count, struct err *e);
int spec_read_sysctl(const struct node *section, struct spec *s, struct err *e);
int spec_read_scheduler(const struct node *process, struct spec_process *p, struct err *e);
int spec_read_affinity(const struct node *process, struct spec_process *p, struct err *e);
/* linux.personality itself: PER_*. */
int spec_personality(const struct node *n, long *ret, struct err *e);
/* timeOffsets and personality; after the namespaces. */
int spec_read_clocks(const struct node *section, struct spec *s, struct err *e);
int spec_read_linux(const struct node *root, struct spec *s, struct err *e);

/*
 * What the specification knows and this runtime does not do: refused where leaving it
 * out would make the container less confined or another thing than was asked for, else
 * a warning. The only place that decides this.
 */
int spec_refuse_unbuilt(const struct node *root, struct spec *s, struct err *e);
int spec_refuse_unbuilt_process(const struct node *process, struct spec_process *p,
				struct err *e);

/* MS_* of "private", "rslave", ...; 0: no such word */
unsigned long spec_propagation(const char *word);

/* For `features`: the i-th name, NULL after the last. */
const char *spec_mount_option(size_t i);
const char *spec_ns_name(size_t i);

#endif
