/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_CALLBACKS_H
#define MILLRACE_DKIM_SIGN_CALLBACKS_H

#include "shared/milter/milter.h"

/* The signer as the milter engine sees it; its contexts are struct sign_context. */
extern const struct milter_handler sign_handler;

#endif
