/* What the server and the client in C share: sockets whose lines are read one by one. */
#ifndef LINES_H
#define LINES_H

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINKS 32
#define SERVER_PORT 4000

struct link {
	int fd;    /* the standard input, or a socket */
	int known; /* it has sent its first line */
	size_t size;
	char data[8192]; /* read, and not yet returned by next_line */
};

static struct link links[MAX_LINKS]; /* the standard input is links[0] */
static int link_count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct link *add_link(int fd, int known)
{
	if (link_count == MAX_LINKS)
		die("too many connections");
	links[link_count] = (struct link){.fd = fd, .known = known};
	return &links[link_count++];
}

static int tcp_socket(int port, struct sockaddr_in *address)
{
	int sock = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		die("socket");
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sock;
}

static int listen_at(int port)
{
	struct sockaddr_in address;
	int sock = tcp_socket(port, &address);

	if (bind(sock, (struct sockaddr *)&address, sizeof address) != 0 || listen(sock, 16) != 0)
		die("listen");
	return sock;
}

/* connect_to connects to a port, from a port if that is not 0; -1 if it cannot. */
static int connect_to(int port, int from)
{
	struct sockaddr_in address;
	int sock = tcp_socket(from, &address);

	if (from != 0 && bind(sock, (struct sockaddr *)&address, sizeof address) != 0)
		die("bind");
	address.sin_port = htons((unsigned short)port);
	if (connect(sock, (struct sockaddr *)&address, sizeof address) == 0)
		return sock;
	close(sock);
	return -1;
}

/* fill reads what is there; 0 at the end. */
static int fill(struct link *link)
{
	ssize_t n = read(link->fd, link->data + link->size, sizeof link->data - link->size);

	link->size += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* next_line copies the next line, without its end, if it is whole. */
static int next_line(struct link *link, char *line)
{
	char *end = memchr(link->data, '\n', link->size);
	size_t size;

	if (end == NULL)
		return 0;
	size = (size_t)(end - link->data);
	memcpy(line, link->data, size);
	line[size] = '\0';
	link->size -= size + 1;
	memmove(link->data, end + 1, link->size);
	return 1;
}

static void send_line(struct link *link, const char *who, const char *text)
{
	dprintf(link->fd, "%s%s\n", who, text); /* it may have left */
}

static void send_all(const char *who, const char *text)
{
	for (int i = 1; i < link_count; i++)
		send_line(&links[i], who, text);
}

/* serve waits for what comes and hands every line to take, until the standard
 * input ends or take returns 0. */
static void serve(int listener, int (*take)(struct link *, char *line))
{
	static char line[sizeof links[0].data + 1];
	struct pollfd ready[MAX_LINKS + 1];

	for (;;) {
		int count = link_count;

		for (int i = 0; i < count; i++)
			ready[i] = (struct pollfd){.fd = links[i].fd, .events = POLLIN};
		ready[count] = (struct pollfd){.fd = listener, .events = POLLIN};
		if (poll(ready, (nfds_t)count + 1, -1) < 0)
			die("poll");
		for (int i = count - 1; i >= 0; i--) {
			if (ready[i].revents == 0)
				continue;
			if (fill(&links[i])) {
				while (next_line(&links[i], line))
					if (!take(&links[i], line))
						return;
			} else if (i == 0) {
				return;
			} else {
				close(links[i].fd);
				links[i] = links[--link_count];
			}
		}
		if (ready[count].revents != 0)
			add_link(accept(listener, NULL, NULL), 0);
	}
}

#endif
