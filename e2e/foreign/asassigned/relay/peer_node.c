/* A node as the assignment asks for it. It offers the files of its folder.
 *
 *     ./peer_node RELAY_HOST RELAY_PORT
 *
 * A client sends the name of a file, and receives "FOUND" and its content, or "MISSING".
 */
#include "net.h"

static void answer(FILE *link)
{
	char name[LINE], data[4096];
	FILE *file;
	size_t n;

	if (!get_line(link, name))
		return;
	file = strchr(name, '/') == NULL ? fopen(name, "r") : NULL;
	if (file == NULL) {
		fprintf(link, "MISSING\n");
		return;
	}
	fprintf(link, "FOUND\n");
	while ((n = fread(data, 1, sizeof data, file)) > 0)
		fwrite(data, 1, n, link);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;
	socklen_t size = sizeof address;
	int listener;
	FILE *link;

	if (argc != 3) {
		fprintf(stderr, "usage: peer_node RELAY_HOST RELAY_PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	listener = listen_at(0);
	getsockname(listener, (struct sockaddr *)&address, &size);
	link = dial(argv[1], argv[2]);
	if (link == NULL)
		die("the relay");
	fprintf(link, "JOIN 127.0.0.1 %d\n", ntohs(address.sin_port));
	fclose(link);
	for (;;) {
		link = fdopen(accept(listener, NULL, NULL), "r+");
		if (link == NULL)
			die("accept");
		answer(link);
		fclose(link);
	}
}
