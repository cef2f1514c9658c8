// Package lab is a bench for socket programs: it starts them, types on their
// standard input, kills, stops and restarts them, and reads their screens.
//
// A program is known by five things only: its standard input, its screen
// (standard output), its standard error, its exit status, and its files. A
// test starts programs by role; what plays a role is decided outside the test:
//
//	PEERLAB_E2E=native|container   how roles run by default (native)
//	PEERLAB_BIN=DIR                the binaries for native roles; unset: built
//	                               once with -race from ./services/cmd/...,
//	                               with the bench's own: e2e/mutant, toxiproxy
//	PEERLAB_<ROLE>=image:NAME      this role runs from that image
//	PEERLAB_<ROLE>=cmd:WORDS       this role runs that command, split as a
//	                               shell splits words; its arguments follow, unless
//	                               the words have places for values
//	PEERLAB_<ROLE>=cmd+pipe:WORDS  likewise, on pipes in place of a terminal
//	PEERLAB_<NAME>=...             likewise, for the one process of that name if
//	                               it begins with its role: PEERLAB_CLIENT5
//	PEERLAB_NETWORK=host           all labs are on the host's network
//	PEERLAB_REQUIRE=PROGRAM,...    a test that needs one of these and does not
//	                               find it fails; others are left out ([Needs])
//	PEERLAB_LEFT_OUT=FILE          is told what was left out, and why
//	PEERLAB_ARTIFACTS=DIR          where screens of failed tests are kept
//	                               (artifacts/ beside go.mod)
//
// <ROLE> is the role in capitals, - turned into _; <NAME> likewise. Relative
// folders, and files in a command, are taken from the folder of go.mod. A role
// in a container runs image peerlab/<role>:latest on the host's network, so one
// lab can mix both kinds.
//
// On Linux, as root, a lab whose programs are all native has a network of its own
// (package peerlab/lab/network): every port is free, and any number of labs can use
// the same one at the same time. The test reaches programs there by [Lab.Dial] and
// [Lab.Listen]. A lab with a role in a container, or made with [OnHost], is on the
// host's network, and so are all labs where no network can be made; the end of the
// run says so.
//
// The places in a command are names in braces, as in ./client.out {ID} {PORT1} {PORT2}:
// each scenario gives the values by name ([Spec.Vars]), and the words are the whole
// command line. The word {} makes a command whole that has no places. Where such a
// program listens, and which file it writes, is found by looking: see looking.go.
//
// A test package has one TestMain and a lab for each test:
//
//	func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }
//
//	func TestEcho(t *testing.T) {
//		l := lab.New(t)
//		p := l.Start(lab.Spec{Name: "echo"})
//		p.Types("hello")
//		p.Sees("hello")
//		p.CloseStdin()
//		p.Exits(0)
//	}
//
// The project's own programs run on pipes. Another program that runs natively has
// a terminal for its stdin and stdout, so that it writes each line at once, as it
// does for a person; see native_terminal.go. Its lines may end in blanks or a
// carriage return; see ending.go.
//
// Assertions end the test at once, as testify's require does, so they must be
// called from the test's own goroutine. They wait to be notified of a line
// rather than look again and again, each with a named timeout; the message
// says what was awaited and where, and ends with the last lines of every
// screen. That something is absent can only be said after a barrier: see
// [Barrier].
//
// Nothing outlives the test binary, however it ends: see guard.go.
package lab
