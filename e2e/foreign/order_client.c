/* A client of order as the assignment's own: one message without a line end, one recv.
 *
 *     order_client [-server HOST:PORT] NAME TEXT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dial.h"

int main(int argc, char **argv)
{
	const char *server = server_flag(&argc, &argv, "127.0.0.1:4400");
	char message[1024], verdict[1024 + 1];
	ssize_t n;
	int length, sock;

	if (argc != 2) {
		fprintf(stderr, "usage: order_client [-server HOST:PORT] NAME TEXT\n");
		return 2;
	}
	length = snprintf(message, sizeof message, "Client %s: %s", argv[0], argv[1]);
	if (length < 0 || (size_t)length >= sizeof message) {
		fprintf(stderr, "order_client: NAME and TEXT are too long\n");
		return 2;
	}
	sock = dial(server);
	if (send(sock, message, (size_t)length, 0) != length) {
		perror("order_client: send");
		return 1;
	}
	puts(message);
	fflush(stdout);
	n = recv(sock, verdict, sizeof verdict - 1, 0);
	if (n < 0) {
		perror("order_client: recv");
		return 1;
	}
	verdict[n] = '\0';
	puts(verdict);
	close(sock);
	return 0;
}
