/* What the three programs of the relay in C share. */
#ifndef NET_H
#define NET_H

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 512

static void die(const char *action)
{
	perror(action);
	exit(1);
}

/* listen_at listens at a port of this machine, any if that is 0, and returns the socket. */
static inline int listen_at(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	int sock = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		die("socket");
	if (bind(sock, (struct sockaddr *)&address, sizeof address) != 0 || listen(sock, 16) != 0)
		die("listen");
	return sock;
}

/* dial connects to a host and port; NULL if it cannot. */
static inline FILE *dial(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
	int sock, failed;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return NULL;
	sock = socket(found->ai_family, found->ai_socktype, 0);
	failed = connect(sock, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (failed == 0)
		return fdopen(sock, "r+");
	close(sock);
	return NULL;
}

/* get_line reads a line without its end; 0 at the end of the connection. */
static inline int get_line(FILE *from, char line[LINE])
{
	if (fgets(line, LINE, from) == NULL)
		return 0;
	line[strcspn(line, "\r\n")] = '\0';
	return 1;
}

#endif
