/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a small file is read within a bound and replaced without a moment in which it is
 * missing or half written. Refuses to know what is in it. Any thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/base/file.h"

static bool read_all(int fd, size_t length, char *text, size_t *ret_length)
{
	size_t done = 0;
	ssize_t got;

	while (done < length) {
		got = read(fd, text + done, length - done);
		if (got < 0 && errno != EINTR)
			return false;
		if (got == 0)
			break;
		done += got > 0 ? (size_t)got : 0;
	}
	*ret_length = done;
	return true;
}

static bool read_open_file(int fd, const char *path, size_t maximum, char **ret_text,
			   size_t *ret_length, GError **ret_error)
{
	g_autofree char *text = NULL;
	struct stat status;
	size_t length;

	if (fstat(fd, &status) != 0)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	if (!S_ISREG(status.st_mode) || (size_t)status.st_size > maximum) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", path,
			    S_ISREG(status.st_mode) ? "too large" : "not a regular file");
		return false;
	}
	text = g_malloc((size_t)status.st_size + 1);
	if (!read_all(fd, (size_t)status.st_size, text, &length))
		return mr_error_set_errno(ret_error, errno, "%s", path);
	text[length] = '\0';
	*ret_text = g_steal_pointer(&text);
	*ret_length = length;
	return true;
}

bool base_file_read(const char *path, size_t maximum, char **ret_text, size_t *ret_length,
		    GError **ret_error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	ok = read_open_file(fd, path, maximum, ret_text, ret_length, ret_error);
	close(fd);
	return ok;
}

static bool write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, data, length);

		if (written < 0 && errno != EINTR)
			return false;
		data += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return true;
}

/* Keys and their state belong to whom the folder belongs to, whoever's shell made them. */
static bool adopt_folder_owner(int fd, int folder)
{
	struct stat status;

	if (geteuid() != 0)
		return true;
	return fstat(folder, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) == 0;
}

static bool replace_in(int folder, const char *path, const void *data, size_t length, mode_t mode)
{
	g_autofree char *beside = g_strconcat(path, ".XXXXXX", NULL);
	int fd = mkostemp(beside, O_CLOEXEC), saved;
	bool ok;

	if (fd < 0)
		return false;
	ok = write_all(fd, data, length) && adopt_folder_owner(fd, folder) &&
	     fchmod(fd, mode) == 0 && fsync(fd) == 0;
	saved = errno;
	close(fd);
	if (ok && rename(beside, path) == 0)
		return fsync(folder) == 0;
	if (ok)
		saved = errno;
	unlink(beside);
	errno = saved;
	return false;
}

bool base_file_replace(const char *path, const void *data, size_t length, mode_t mode,
		       GError **ret_error)
{
	g_autofree char *folder_path = g_path_get_dirname(path);
	int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;

	if (folder < 0)
		return mr_error_set_errno(ret_error, errno, "%s", folder_path);
	ok = replace_in(folder, path, data, length, mode) ||
	     mr_error_set_errno(ret_error, errno, "%s", path);
	close(folder);
	return ok;
}
