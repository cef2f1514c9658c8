// Package lab starts programs that talk over sockets, each with its terminal or pipes,
// in a network of their own; types on their standard input; kills, stops and restarts
// them; and records what they show and what crosses the network between them.
//
// A program is known by five things only: its standard input, its screen (standard
// output), its standard error, its exit status, and its files. Programs are started by
// role; what plays a role is decided by [Options]: the project's own program, a command,
// or an image.
//
//	b, err := lab.Open(lab.Config{...})  // one for each process; see StandGuard
//	defer b.Close()
//	l, err := b.NewLab(lab.Options{Programs: map[string]string{"server": "cmd:./server"}})
//	defer l.Close()
//	ps, err := l.Start(ctx, lab.Spec{Name: "server"})
//	err = ps[0].Life().Type([]byte("hello\n"), time.Second)
//	shown := ps[0].Life().Output(lab.Stdout).Since(0)
//
// On Linux, as root, a lab whose programs are all native has a network of its own
// (peerlab/lab/network): every port is free, and any number of labs can use the same one
// at the same time. [Lab.Wire] is what is between its programs, and makes faults there
// (peerlab/lab/wire). A lab with a role in a container is on the host's network, and so
// are all labs where no network can be made; Config.LeftOut is told.
//
// The places in a command are names in braces, as in ./client.out {ID} {PORT1} {PORT2}:
// [Spec] gives the values by name, and the words are the whole command line. The word
// {} makes a command whole that has no places.
//
// The project's own programs run on pipes. Another program that runs natively has a
// terminal for its stdin and stdout, so that it writes each line at once, as it does for
// a person; see native_terminal.go.
//
// Nothing outlives the process that opened the bench, however it ends: see guard.go.
//
// Scenarios use it through peerlab/e2e/lab, whose methods end the test where these return
// an error.
package lab
