import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A client of the chat as the assignment asks for it: java Client ID PORT1 PORT2
 *
 * It connects from PORT1 to the server, at port 4000, and sends "ID PORT2". The server answers
 * with the clients that are there: "ID PORT ID PORT ...". It connects to each and sends
 * "Client ID: initiated."; so does every later client, and the restarted server sends
 * "Server: initiated". Every line is shown as it is.
 */
public class Client {
	static final InetAddress HERE = InetAddress.getLoopbackAddress();
	static final Set<Socket> links = new LinkedHashSet<>();
	static String me;

	public static void main(String[] args) throws IOException {
		me = "Client " + args[0] + ": ";
		ServerSocket listener = new ServerSocket(Integer.parseInt(args[2]), 16, HERE);
		start(() -> {
			while (true) {
				Socket link = listener.accept();
				start(() -> greet(link));
			}
		});
		Socket server = new Socket(HERE, 4000, HERE, Integer.parseInt(args[1]));
		send(server, args[0] + " " + args[2]);
		BufferedReader lines = lines(server);
		String[] others = lines.readLine().trim().split(" ");
		add(server);
		System.out.println(me + "initiated.");
		for (int i = 0; i + 1 < others.length; i += 2) {
			Socket link = new Socket(HERE, Integer.parseInt(others[i + 1]));
			send(link, me + "initiated.");
			add(link);
			System.out.println("Client " + others[i] + ": initiated.");
			start(() -> show(link, lines(link)));
		}
		start(() -> show(server, lines));
		BufferedReader typed = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line; (line = typed.readLine()) != null;) {
			sendAll(me + line);
		}
	}

	interface Task {
		void run() throws IOException;
	}

	static void start(Task task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			} catch (IOException e) {
				// The other program has left.
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	/** Shows who has connected, the first line, and all that follows. */
	static void greet(Socket link) throws IOException {
		BufferedReader lines = lines(link);
		String line = lines.readLine();
		add(link);
		if ("Server: initiated".equals(line)) {
			send(link, me + "reconnected");
		}
		System.out.println(line);
		show(link, lines);
	}

	static void show(Socket link, BufferedReader lines) throws IOException {
		try {
			for (String line; (line = lines.readLine()) != null;) {
				System.out.println(line);
			}
		} finally {
			synchronized (links) {
				links.remove(link);
			}
		}
	}

	static void add(Socket link) {
		synchronized (links) {
			links.add(link);
		}
	}

	static void sendAll(String line) {
		synchronized (links) {
			for (Socket link : links) {
				send(link, line);
			}
		}
	}

	static void send(Socket link, String line) {
		try {
			link.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
		} catch (IOException e) {
			// The other program has left.
		}
	}

	static BufferedReader lines(Socket link) throws IOException {
		return new BufferedReader(new InputStreamReader(link.getInputStream(), StandardCharsets.UTF_8));
	}
}
