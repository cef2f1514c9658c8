/* A client of the chat as the assignment asks for it.
 *
 *     ./client.out ID PORT1 PORT2
 *
 * It connects from PORT1 to the server, at port 4000, and sends "ID PORT2". The
 * server answers with the clients that are there: "ID PORT ID PORT ...". It connects
 * to each and sends "Client ID: initiated."; so does every later client, and the
 * restarted server sends "Server: initiated". Every line is shown as it is.
 */
#include "lines.h"

static char me[64];

static int take(struct link *link, char *line)
{
	if (link == &links[0]) {
		send_all(me, line);
		return 1;
	}
	printf("%s\n", line);
	if (!link->known && strcmp(line, "Server: initiated") == 0)
		send_line(link, me, "reconnected");
	link->known = 1;
	return 1;
}

/* introduce connects to a client that is there. */
static void introduce(int id, int port)
{
	int sock = connect_to(port, 0);

	if (sock < 0)
		return; /* it has left */
	send_line(add_link(sock, 1), me, "initiated.");
	printf("Client %d: initiated.\n", id);
}

int main(int argc, char **argv)
{
	char greeting[64], others[sizeof links[0].data + 1];
	int listener, sock, id, port, used;
	struct link *server;

	if (argc != 4) {
		fprintf(stderr, "usage: client.out ID PORT1 PORT2\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	snprintf(me, sizeof me, "Client %s: ", argv[1]);
	listener = listen_at(atoi(argv[3]));
	add_link(STDIN_FILENO, 1);
	sock = connect_to(SERVER_PORT, atoi(argv[2]));
	if (sock < 0)
		die("the server");
	server = add_link(sock, 1);
	snprintf(greeting, sizeof greeting, "%s %s", argv[1], argv[3]);
	send_line(server, greeting, "");
	while (!next_line(server, others))
		if (!fill(server))
			die("the server");
	printf("%sinitiated.\n", me);
	for (char *next = others; sscanf(next, "%d %d %n", &id, &port, &used) == 2; next += used)
		introduce(id, port);
	serve(listener, take);
	return 0;
}
