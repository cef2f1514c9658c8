/* A client of room as the assignment's own: select, and no line ends.
 *
 *     room_client [-server HOST:PORT]
 */
#include <stdio.h>
#include <sys/select.h>
#include <unistd.h>

#include "dial.h"

/* put writes all of it, or ends the program. */
static void put(int to, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(to, data, size);

		if (n <= 0) {
			perror("room_client: write");
			exit(1);
		}
		data += n;
		size -= (size_t)n;
	}
}

int main(int argc, char **argv)
{
	const char *server = server_flag(&argc, &argv, "127.0.0.1:3823");
	char data[1024];
	int sock, typing = 1, prompted = 0; /* prompted: the cursor is behind a prompt */

	if (argc != 0) {
		fprintf(stderr, "usage: room_client [-server HOST:PORT]\n");
		return 2;
	}
	sock = dial(server);
	for (;;) {
		fd_set ready;
		ssize_t n;

		FD_ZERO(&ready);
		FD_SET(sock, &ready);
		if (typing)
			FD_SET(STDIN_FILENO, &ready);
		if (select(sock + 1, &ready, NULL, NULL, NULL) < 0) {
			perror("room_client: select");
			return 1;
		}
		if (FD_ISSET(sock, &ready)) {
			n = recv(sock, data, sizeof data, 0);
			if (n <= 0) {
				fprintf(stderr, "the server has closed the connection\n");
				return 1;
			}
			if (prompted)
				put(STDOUT_FILENO, "\n", 1);
			put(STDOUT_FILENO, data, (size_t)n);
			prompted = 1;
			put(STDOUT_FILENO, "You: ", 5);
		}
		if (typing && FD_ISSET(STDIN_FILENO, &ready)) {
			n = read(STDIN_FILENO, data, sizeof data);
			typing = n > 0; /* or select would return at once, for ever */
			if (typing)
				prompted = 0; /* the return key was echoed */
			while (n > 0 && data[n - 1] == '\n')
				n--;
			if (n > 0)
				put(sock, data, (size_t)n);
		}
	}
}
