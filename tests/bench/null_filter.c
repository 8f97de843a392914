/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor: a bare libmilter filter that asks for the same steps as the signer, waits for no reply
 * it can do without, reads what it is sent and inserts one header field. Usage: null_filter SPEC
 */

#include <glib.h>
#include <libmilter/mfapi.h>
#include <stdio.h>

static sfsistat negotiate(SMFICTX *context, unsigned long actions, unsigned long steps,
			  unsigned long unused2, unsigned long unused3, unsigned long *ret_actions,
			  unsigned long *ret_steps, unsigned long *ret_unused2,
			  unsigned long *ret_unused3)
{
	(void)context, (void)actions, (void)unused2, (void)unused3;
	*ret_actions = SMFIF_ADDHDRS;
	*ret_steps = steps &
		     (SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_NOHELO | SMFIP_NR_CONN |
		      SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC);
	*ret_unused2 = *ret_unused3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat take_connection(SMFICTX *context, char *hostname, _SOCK_ADDR *address)
{
	(void)context, (void)hostname, (void)address;
	return SMFIS_NOREPLY;
}

static sfsistat take_mail(SMFICTX *context, char **words)
{
	(void)context, (void)words;
	return SMFIS_CONTINUE;
}

static sfsistat take_header(SMFICTX *context, char *name, char *value)
{
	(void)context, (void)name, (void)value;
	return SMFIS_NOREPLY;
}

static sfsistat take_end_of_header(SMFICTX *context)
{
	(void)context;
	return SMFIS_NOREPLY;
}

static sfsistat take_body(SMFICTX *context, unsigned char *chunk, size_t length)
{
	(void)context, (void)chunk, (void)length;
	return SMFIS_NOREPLY;
}

static sfsistat take_end(SMFICTX *context)
{
	smfi_insheader(context, 0, (char *)(guintptr) "X-Null", (char *)(guintptr) " yes");
	return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
	struct smfiDesc description = {
		.xxfi_name = (char *)(guintptr) "null",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_negotiate = negotiate,
		.xxfi_connect = take_connection,
		.xxfi_envfrom = take_mail,
		.xxfi_header = take_header,
		.xxfi_eoh = take_end_of_header,
		.xxfi_body = take_body,
		.xxfi_eom = take_end,
	};

	if (argc != 2 || smfi_setconn(argv[1]) != MI_SUCCESS ||
	    smfi_register(description) != MI_SUCCESS) {
		fprintf(stderr, "usage: null_filter unix:/PATH|inet:PORT@HOST\n");
		return 64;
	}
	return smfi_main() == MI_SUCCESS ? 0 : 71;
}
