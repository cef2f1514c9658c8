// Package lab is the bench of scenarios: it starts programs, types on their standard
// input, kills, stops and restarts them, and asserts what their screens show.
//
// A program is known by five things only: its standard input, its screen
// (standard output), its standard error, its exit status, and its files. A
// test starts programs by role; what plays a role is decided outside the test:
//
//	PEERLAB_E2E=native|container   how roles run by default (native)
//	PEERLAB_BIN=DIR                the binaries for native roles; unset: built
//	                               once with -race from ./services/cmd/...,
//	                               with e2e/mutant
//	PEERLAB_<ROLE>=image:NAME      this role runs from that image; words that follow are a
//	                               command in it, with places for values
//	PEERLAB_<ROLE>=cmd:WORDS       this role runs that command, split as a
//	                               shell splits words; its arguments follow, unless
//	                               the words have places for values
//	PEERLAB_<ROLE>=cmd+pipe:WORDS  likewise, on pipes in place of a terminal
//	PEERLAB_<NAME>=...             likewise, for the one process of that name if
//	                               it begins with its role: PEERLAB_CLIENT5
//	PEERLAB_NETWORK=host           all labs are on the host's network
//	PEERLAB_LIMITS=GROUP:FOLDER    programs that are not the project's own have limits,
//	                               and run as users of their own, in the group of
//	                               that number, which can read their files, in that folder
//	PEERLAB_LENIENT=1              limits that this machine cannot set are left out
//	PEERLAB_REQUIRE=PROGRAM,...    a test that needs one of these and does not
//	                               find it fails; others are left out ([Needs])
//	PEERLAB_ARTIFACTS=DIR          where screens of failed tests are kept
//	                               (artifacts/ beside go.mod)
//	PEERLAB_KEEP=1                 they are kept of tests that pass, too
//	PEERLAB_PACKETS=1              likewise, with packets.pcapng among them
//	PEERLAB_ATTEMPT=FILE           is told what became of the one test that runs, which
//	                               ends when stdin does: see peerlab/lab/grade
//	PEERLAB_ORIGINAL=JSON          the submission of which a copy plays, for the command
//	                               that plays it again: a grade.Original
//
// <ROLE> is the role in capitals, - turned into _; <NAME> likewise. Relative
// folders, and files in a command, are taken from the folder of go.mod. A role
// in a container runs image peerlab/<role>:latest. All programs of a lab share one
// loopback interface, so one lab can mix both kinds.
//
// The work is done by package peerlab/lab, which says what networks labs have and what
// the places in a command are. Here are the assertions: what cannot be done, or is not
// shown, ends the test. The test reaches programs by [Lab.Dial] and [Lab.Listen]. Where
// a program listens that has an address of its own, and which file it writes, is found
// by looking: see looking.go.
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
// The lines of programs that are not the project's own may end in blanks or a carriage
// return; see ending.go.
//
// Assertions end the test at once, as testify's require does, so they must be
// called from the test's own goroutine. They wait to be notified of a line
// rather than look again and again, each with a named timeout; the message
// says what was awaited and where, and ends with the last lines of every
// screen. That something is absent can only be said after a barrier: see
// [Barrier].
package lab
