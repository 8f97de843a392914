/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows when a private key's file is fit to be read: who else may read it, what it is, how long.
 * Refuses to know what is in it. Any thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/dkim/key.h"
#include "shared/dkim/key_file.h"

static bool refuse(GError **ret_error, const char *path, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", path, why);
	return false;
}

static bool check_mode(const char *path, mode_t mode, bool group_may_read, GError **ret_error)
{
	const char *who = NULL;

	if (mode & S_IRWXO)
		who = "others";
	else if ((mode & S_IRWXG) && !(group_may_read && (mode & S_IRWXG) == S_IRGRP))
		who = "its group";
	if (who == NULL)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
		    "%s: holds a secret and is open to %s (mode %04o)", path, who,
		    (unsigned)mode & 07777u);
	return false;
}

static bool check(const char *path, int fd, bool group_may_read, size_t *ret_size,
		  GError **ret_error)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return refuse(ret_error, path, g_strerror(errno));
	if (!S_ISREG(status.st_mode))
		return refuse(ret_error, path, "is not a regular file");
	if (!check_mode(path, status.st_mode, group_may_read, ret_error))
		return false;
	if (status.st_size > (off_t)DKIM_KEY_FILE_MAX)
		return refuse(ret_error, path, "is too large for a private key");
	*ret_size = (size_t)status.st_size;
	return true;
}

/* Up to `size` bytes; a file that changes its length meanwhile is no key then. */
static bool read_all(const char *path, int fd, char *pem, size_t size, size_t *ret_length,
		     GError **ret_error)
{
	size_t length = 0;
	ssize_t got = 1;

	while (length < size && got != 0) {
		got = read(fd, pem + length, size - length);
		if (got < 0 && errno != EINTR)
			return refuse(ret_error, path, g_strerror(errno));
		if (got > 0)
			length += (size_t)got;
	}
	*ret_length = length;
	return true;
}

bool dkim_key_file_read(const char *path, bool group_may_read, char **ret_pem, size_t *ret_length,
			GError **ret_error)
{
	/* O_NONBLOCK: a FIFO in the key's place must not hold the daemon up. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *pem = NULL;
	size_t size;
	bool ok;

	if (fd < 0)
		return refuse(ret_error, path, g_strerror(errno));
	ok = check(path, fd, group_may_read, &size, ret_error);
	if (ok) {
		pem = g_malloc0(size + 1);
		ok = read_all(path, fd, pem, size, ret_length, ret_error);
	}
	close(fd);
	if (ok)
		*ret_pem = pem;
	else
		dkim_secret_free(pem);
	return ok;
}
