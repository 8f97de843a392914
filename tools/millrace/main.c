/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `millrace`: which nouns it has. All else is command.c's and the nouns' own files'. */

#include "tools/millrace/command.h"
#include "tools/millrace/key.h"
#include "tools/millrace/sign.h"

const struct command *const command_tables[] = {
	key_commands,
	sign_commands,
	NULL,
};

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
