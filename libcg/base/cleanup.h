/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scope-end cleanup. A variable with one of these is initialised where it is declared. */
#ifndef CGI_CLEANUP_H
#define CGI_CLEANUP_H

#include <stdlib.h>

static inline void cgi_freep(void *p)
{
	free(*(void **)p);
}

#define _cleanup_(f)	__attribute__((cleanup(f)))
#define _cleanup_free_	_cleanup_(cgi_freep)

static inline void *take_ptr_(void **p)
{
	void *v = *p;

	*p = NULL;
	return v;
}
#define take_ptr(p)	((__typeof__(p))take_ptr_((void **)&(p)))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
