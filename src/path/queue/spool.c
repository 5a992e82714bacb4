/* SPDX-License-Identifier: Apache-2.0 */
/* Content goes from descriptor to file in pieces, through the checksum. */
#include "queue/spool.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/sealed.h"
#include "mail/smtp/smtp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PIECE = 65536, HEAD_ROOM = 256, GATHER_LIMIT = 2 * PIECE + HEAD_ROOM, SECTION_LIMIT = 16 << 20, LOCK_PAUSE_MS = 50 };

/* The folder above must know of it after a power cut, whoever made it. One that we may not read is an
 * administrator's, and so is what lies in it. */
static enum result make_root(struct spool *spool, const char *path)
{
	closing int above = -1;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return LATER;
	TRY(durable_folder_open(&spool->root, AT_FDCWD, path));
	above = openat(spool->root.fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return errno == EACCES ? OK : LATER;
	return fsync(above) == 0 ? OK : LATER;
}

static enum result hand_over(int fd, unsigned owner, unsigned group)
{
	struct stat about;

	if (owner == (unsigned)-1 || (fstat(fd, &about) == 0 && about.st_uid == owner))
		return OK;
	return fchown(fd, owner, group) == 0 ? OK : LATER;
}

/* Another file system makes commits of its own. */
static bool is_on(int fd, int root)
{
	struct stat part, whole;

	return fstat(fd, &part) == 0 && fstat(root, &whole) == 0 && part.st_dev == whole.st_dev;
}

static enum result open_part(struct spool *spool, struct durable_folder *part, const char *name, unsigned owner, unsigned group)
{
	TRY(durable_folder_open(part, spool->root.fd, name));
	part->group = is_on(part->fd, spool->root.fd) ? &spool->group : NULL;
	TRY(hand_over(part->fd, owner, group));
	return durable_sweep(part);
}

enum result spool_open(struct spool *spool, const char *path, unsigned owner, unsigned group, const char **why)
{
	const struct { const char *name; struct durable_folder *part; } parts[] = {
		{ "messages", &spool->messages }, { "judged", &spool->judged },
		{ "quarantine", &spool->quarantine }, { "corrupt", &spool->corrupt } };
	enum result end;

	*spool = (struct spool){ .lock = -1 };
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		*parts[i].part = (struct durable_folder){ .fd = -1, .proc_fd = -1 };
	spool->root = (struct durable_folder){ .fd = -1, .proc_fd = -1 };
	*why = path;
	TRY(group_commit_init(&spool->group));
	spool->grouped = true;
	TRY(make_root(spool, path));
	spool->root.group = &spool->group;
	TRY(hand_over(spool->root.fd, owner, group));
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		*why = parts[i].name;
		end = open_part(spool, parts[i].part, parts[i].name, owner, group);
		if (end != OK)
			return end;
	}
	*why = "lock";
	spool->lock = openat(spool->root.fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (spool->lock < 0)
		return LATER;
	TRY(hand_over(spool->lock, owner, group));
	return durable_sync_folder(&spool->root);
}

enum result spool_lock(struct spool *spool, unsigned seconds)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	uint64_t until = clock_ticks() + seconds * 1000ull;

	while (flock(spool->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return LATER;
		if (clock_ticks() >= until)
			return REFUSED;
		(void)nanosleep(&pause, NULL);
	}
	return OK;
}

void spool_close(struct spool *spool)
{
	struct durable_folder *const parts[] = { &spool->root, &spool->messages, &spool->judged, &spool->quarantine,
		                                 &spool->corrupt };

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (parts[i]->fd > 0)
			durable_folder_close(parts[i]);
	if (spool->lock > 0)
		fd_close(&spool->lock);
	if (spool->grouped)
		group_commit_finish(&spool->group);
	spool->grouped = false;
}

static enum result read_whole(int fd, uint64_t at, char *to, size_t length)
{
	while (length) {
		ssize_t came = pread(fd, to, length, (off_t)at);

		if (came < 0 && errno == EINTR)
			continue;
		if (came <= 0)
			return came < 0 ? LATER : REFUSED;
		to += came;
		at += (uint64_t)came;
		length -= (size_t)came;
	}
	return OK;
}

/* What gathered goes out in one write: a small message is written at once, heads and all. */
static enum result flush(struct draft *draft, struct buffer *gathered)
{
	struct iovec part = { gathered->bytes + gathered->start, buffer_length(gathered) };
	enum result end = part.iov_len ? durable_write(draft, &part, 1) : OK;

	buffer_clear(gathered);
	return end;
}

/* Room for `length` more, at most a PIECE. */
static enum result make_room(struct draft *draft, struct buffer *gathered, size_t length)
{
	return buffer_length(gathered) + length > GATHER_LIMIT - HEAD_ROOM ? flush(draft, gathered) : OK;
}

static enum result write_content(struct draft *draft, struct spool_writer *writer, const struct spool_text *text,
                                 struct buffer *gathered)
{
	if (text->content < 0)
		return OK;
	TRY(spool_write_section(writer, SPOOL_CONTENT, text->length, gathered));
	for (uint64_t done = 0; done < text->length;) {
		size_t length = text->length - done < PIECE ? (size_t)(text->length - done) : PIECE;
		char *room;

		TRY(make_room(draft, gathered, length));
		TRY(buffer_reserve(gathered, length, &room));
		TRY(read_whole(text->content, text->at + done, room, length));
		buffer_grew(gathered, length);
		spool_write_bytes(writer, (struct slice){ room, length });
		done += length;
	}
	return OK;
}

static enum result write_small(struct draft *draft, struct spool_writer *writer, enum spool_section kind,
                               struct slice bytes, struct buffer *gathered)
{
	if (bytes.len == 0)
		return OK;
	TRY(spool_write_section(writer, kind, bytes.len, gathered));
	spool_write_bytes(writer, bytes);
	while (bytes.len) {
		struct slice some = slice_take(&bytes, PIECE);

		TRY(make_room(draft, gathered, some.len));
		TRY(buffer_add(gathered, some));
	}
	return OK;
}

static enum result write_text(struct draft *draft, const struct spool_text *text, struct buffer *gathered)
{
	struct spool_writer writer;

	TRY(spool_write_head(&writer, text->serial, gathered));
	TRY(write_small(draft, &writer, SPOOL_ENVELOPE, text->envelope, gathered));
	TRY(write_content(draft, &writer, text, gathered));
	TRY(write_small(draft, &writer, SPOOL_JUDGEMENT, text->judgement, gathered));
	TRY(spool_write_end(&writer, gathered));
	return flush(draft, gathered);
}

struct spool_map spool_text_map(const struct spool_text *text)
{
	const struct { enum spool_section kind; bool has; uint64_t length; } sections[] = {
		{ SPOOL_ENVELOPE,  text->envelope.len,  text->envelope.len },
		{ SPOOL_CONTENT,   text->content >= 0,  text->length },
		{ SPOOL_JUDGEMENT, text->judgement.len, text->judgement.len },
	};
	struct spool_map map = { .serial = text->serial };
	uint64_t at = SPOOL_HEAD;

	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		if (!sections[i].has)
			continue;
		map.has[sections[i].kind] = true;
		map.spans[sections[i].kind] = (struct spool_span){ at + SPOOL_SECTION_HEAD, sections[i].length };
		at += SPOOL_SECTION_HEAD + sections[i].length;
	}
	return map;
}

enum result spool_publish(const struct durable_folder *folder, const char *name, const struct spool_text *text)
{
	struct draft draft;
	struct buffer gathered;
	enum result end;

	TRY(durable_begin(folder, name, &draft));
	buffer_init(&gathered, GATHER_LIMIT);
	end = write_text(&draft, text, &gathered);
	buffer_finish(&gathered);
	if (end != OK) {
		int kept = errno;

		durable_drop(folder, &draft);
		errno = kept;
		return LATER;
	}
	return durable_publish(folder, &draft, name, NULL);
}

static enum result read_file(const struct spool_source *source, uint64_t at, char *to, size_t length)
{
	return read_whole(source->fd, at, to, length);
}

static enum result read_section(const struct spool_source *source, const struct spool_map *map, enum spool_section kind,
                                struct arena *arena, struct slice *ret_bytes)
{
	struct spool_span span = map->spans[kind];
	char *room;

	if (!map->has[kind])
		return OK;
	if (span.length > SECTION_LIMIT)
		return REFUSED;
	room = arena_take(arena, span.length + 1);
	if (room == NULL)
		return LATER;
	TRY(source->read(source, span.at, room, span.length));
	*ret_bytes = (struct slice){ room, span.length };
	return OK;
}

static enum result read_parts(const struct spool_source *source, bool verify, struct arena *arena, struct spool_read *read)
{
	TRY(spool_map(source, &read->map));
	if (verify)
		TRY(spool_verify(source));
	TRY(read_section(source, &read->map, SPOOL_ENVELOPE, arena, &read->envelope));
	return read_section(source, &read->map, SPOOL_JUDGEMENT, arena, &read->judgement);
}

enum result spool_read(const struct durable_folder *folder, const char *name, bool verify, struct arena *arena,
                       struct spool_read *ret_read)
{
	closing int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct spool_read got = { .fd = fd };
	struct spool_source source = { .read = read_file, .fd = fd };
	struct stat about;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO ? REFUSED : LATER;
	if (fstat(fd, &about) != 0)
		return LATER;
	if (!S_ISREG(about.st_mode))
		return REFUSED;
	source.size = (uint64_t)about.st_size;
	TRY(read_parts(&source, verify, arena, &got));
	got.fd = fd_keep(&fd);
	*ret_read = got;
	return OK;
}

static enum result copy(int from, uint64_t at, uint64_t length, int to)
{
	char piece[PIECE];

	while (length) {
		size_t some = length < PIECE ? (size_t)length : PIECE;

		TRY(read_whole(from, at, piece, some));
		TRY(sealed_write(to, (struct slice){ piece, some }));
		at += some;
		length -= some;
	}
	return OK;
}

enum result spool_memfd(int fd, uint64_t at, uint64_t length, int *ret_memfd)
{
	closing int memfd = sealed_begin("message");

	if (memfd < 0)
		return LATER;
	TRY(copy(fd, at, length, memfd));
	TRY(sealed_end(memfd));
	*ret_memfd = fd_keep(&memfd);
	return OK;
}

void spool_day_name(int64_t wall, char day[SPOOL_DAY])
{
	char text[CLOCK_LOG_SIZE];

	clock_log_text(wall * 1000, text);
	memcpy(day, text, SPOOL_DAY - 1);
	day[SPOOL_DAY - 1] = '\0';
}

bool spool_day_valid(struct slice name)
{
	if (name.len != SPOOL_DAY - 1)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (i == 4 || i == 7 ? name.at[i] != '-' : !byte_is_digit(name.at[i]))
			return false;
	return true;
}

enum result spool_day(const struct spool *spool, const char *day, bool make, struct durable_folder *ret_day)
{
	closing int above = -1;
	int fd;

	if (make)
		TRY(durable_watch(&spool->quarantine, &above));
	/* Also if it is there: whoever made it may not have come as far as to sync it. */
	if (make && mkdirat(spool->quarantine.fd, day, 0700) != 0 && errno != EEXIST)
		return LATER;
	if (make)
		TRY(durable_sync_watched(&spool->quarantine, above));
	fd = openat(spool->quarantine.fd, day, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? REFUSED : LATER;
	*ret_day = (struct durable_folder){ fd, spool->quarantine.proc_fd, spool->quarantine.group };
	return OK;
}

void spool_day_close(struct durable_folder *day)
{
	fd_close(&day->fd);
}

static enum result link_new(const struct durable_folder *from, const char *name, const struct durable_folder *to, const char *new_name)
{
	closing int there = -1;

	TRY(durable_watch(to, &there));
	if (linkat(from->fd, name, to->fd, new_name, 0) != 0)
		return errno == EEXIST ? REFUSED : LATER;
	return durable_sync_watched(to, there);
}

/* As the name of a file of ours, whatever it was. */
static void wash(char *name)
{
	for (size_t i = 0; name[i]; i++)
		if (!byte_is_digit(name[i]) && !byte_is_letter(name[i]) && name[i] != '-' && (name[i] != '.' || i == 0))
			name[i] = '-';
}

/* The first name that is free. */
static enum result put_aside(const struct spool *spool, const struct durable_folder *from, const char *name,
                             enum result (*put)(const struct durable_folder *from, const char *name,
                                                const struct durable_folder *to, const char *new_name))
{
	char other[80];

	for (unsigned i = 0; i < 1000; i++) {
		enum result end;

		(void)snprintf(other, sizeof(other), i ? "%.40s.%u" : "%.40s", name, i);
		wash(other);
		end = put(from, name, &spool->corrupt, other);
		if (end != REFUSED)
			return end;
	}
	return LATER;
}

enum result spool_set_aside(const struct spool *spool, const struct durable_folder *from, const char *name)
{
	return put_aside(spool, from, name, durable_move);
}

enum result spool_copy_aside(const struct spool *spool, const struct durable_folder *from, const char *name)
{
	return put_aside(spool, from, name, link_new);
}

enum result spool_names(const struct durable_folder *folder, void (*each)(void *owner, const char *name), void *owner)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *one;

	if (list == NULL) {
		fd_close(&fd);
		return LATER;
	}
	errno = 0;
	while ((one = readdir(list)) != NULL) {
		if (one->d_name[0] != '.')
			each(owner, one->d_name);
		errno = 0;
	}
	fd = errno;
	(void)closedir(list);
	return fd ? LATER : OK;
}
