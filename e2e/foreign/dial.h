/* What the clients in C begin with. */
#ifndef DIAL_H
#define DIAL_H

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* server_flag takes the program's name and -server HOST:PORT off the arguments
 * and returns HOST:PORT, or what stands for it. */
static const char *server_flag(int *argc, char ***argv, const char *server)
{
	int taken = 1;

	if (*argc > 2 && strcmp((*argv)[1], "-server") == 0) {
		server = (*argv)[2];
		taken = 3;
	}
	*argc -= taken;
	*argv += taken;
	return server;
}

/* dial connects to HOST:PORT, or ends the program. */
static int dial(const char *server)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
	const char *colon = strrchr(server, ':');
	char host[256];
	int sock, trouble;

	if (colon == NULL || (size_t)(colon - server) >= sizeof host) {
		fprintf(stderr, "%s is not HOST:PORT\n", server);
		exit(2);
	}
	memcpy(host, server, (size_t)(colon - server));
	host[colon - server] = '\0';
	trouble = getaddrinfo(host, colon + 1, &hints, &found);
	if (trouble != 0) {
		fprintf(stderr, "%s: %s\n", server, gai_strerror(trouble));
		exit(1);
	}
	sock = socket(found->ai_family, found->ai_socktype, 0);
	if (sock < 0 || connect(sock, found->ai_addr, found->ai_addrlen) != 0) {
		perror(server);
		exit(1);
	}
	freeaddrinfo(found);
	return sock;
}

#endif
