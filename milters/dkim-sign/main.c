/* SPDX-License-Identifier: BSD-2-Clause */
/* millrace-dkim-sign: the parts handed to shared/daemon, which does the rest. */

#include "milters/dkim-sign/callbacks.h"
#include "milters/dkim-sign/context.h"
#include "milters/dkim-sign/settings.h"
#include "milters/dkim-sign/watcher.h"

int main(int argc, char **argv)
{
	static const struct daemon_program program = {
		.name = "dkim-sign",
		.synopsis = "signs outbound mail with DKIM",
		.rows = sign_settings_rows,
		.settings_size = sizeof(struct sign_settings),
		.check = sign_settings_check,
		.context_new = sign_context_new,
		.context_clear = sign_context_clear,
		.tick = sign_watcher_tick,
		.stopping = sign_watcher_stopping,
	};

	return daemon_main(argc, argv, &program, milter_engine(&sign_handler));
}
