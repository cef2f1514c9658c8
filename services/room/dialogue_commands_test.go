package room

// commands holds the dialogues about lines that begin with a slash.
var commands = []dialogue{
	{"/who, /nick", `
		C1: /nick Ann
		S1: You are now known as Ann
		S2: [127.0.0.1:50001] is now known as Ann
		C2: /nick ANN
		S2: ANN is taken; choose another name
		C2: /nick
		S2: /nick NAME, and a NAME has 1 to 32 bytes: letters, digits, _ - and ., a letter first, and does not look like an address
		C2: /nick 127.0.0.1:50001
		S2: /nick NAME, and a NAME has 1 to 32 bytes: letters, digits, _ - and ., a letter first, and does not look like an address
		C1: hello
		S2: Ann at 13:54:49: hello
		C2: /who
		S2: [Ann] is Online from 127.0.0.1:50001
		S2: [127.0.0.1:50002] is Online (you)
		C1: /nick ann
		S1: You are now known as ann
		S2: [Ann] is now known as ann
		C1: /nick Bob
		S1: You are now known as Bob
		S2: [ann] is now known as Bob
		C1: /nick Bob
		S1: You are now known as Bob
		C2: /nick Ann
		S2: You are now known as Ann
		S1: [127.0.0.1:50002] is now known as Ann
		C1: /quit
		S1 closes
		S2: [Bob] is Offline
		C2: /nick Bob
		S2: You are now known as Bob`},
	// Fault U11: a mistyped command was sent to the other clients. A line that
	// begins with // sends /.
	{"unknown commands", `
		C1: /help
		S1: /who lists who is Online, /nick NAME sets your name, /quit leaves, //TEXT sends /TEXT; any other line is sent to all others
		C1: /usr/bin/env is a path
		S1: no command /usr/bin/env is a path; /help lists the commands, and //TEXT sends /TEXT
		C1: /QUIT
		S1: no command /QUIT; /help lists the commands, and //TEXT sends /TEXT
		C1: /quit now
		S1: no command /quit now; /help lists the commands, and //TEXT sends /TEXT
		C1: /
		S1: no command /; /help lists the commands, and //TEXT sends /TEXT
		C1" "/\x1b[2J0123456789012345678901234567890123456789\n"
		S1: no command /\x1b[2J01234567890123456789012345678901234...; /help lists the commands, and //TEXT sends /TEXT
		C1" "/who  \n"
		S1: [127.0.0.1:50001] is Online (you)
		S1: [127.0.0.1:50002] is Online
		C1:  /who
		S2: ('127.0.0.1', 50001) at 13:54:49:  /who
		C1: //who
		S2: ('127.0.0.1', 50001) at 13:54:49: /who
		C1: ///
		S2: ('127.0.0.1', 50001) at 13:54:49: //
		C2" "//quit"
		waits 200ms
		S1: ('127.0.0.1', 50002) at 13:54:49: /quit
		C2" "/foo"
		waits 200ms
		S2: no command /foo; /help lists the commands, and //TEXT sends /TEXT`},
}
