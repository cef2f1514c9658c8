// Package wire decides what becomes of the packets between the programs of a lab,
// without their help: they pass, are dropped, held, delayed or slowed down, and
// connections are reset. It needs the rights of root in the lab's network namespace.
//
// A link is directed: from one program to another. Which program opened a connection,
// and which accepts it, is found when its first packet, the SYN, is sent: the kernel
// tells the sockets' inodes, and /proc the processes that have them. The connection is
// then marked (conntrack), so that the kernel itself sorts its packets. Only those of
// links that have a fault are queued (NFQUEUE) to this process; a rule lets them pass
// if it dies. While there is a fault, packets are as large as an Ethernet's, so that a long
// line takes several.
//
// In the network of the machine (shared), only connections from or to some ports are the
// lab's; the rules end with this process.
//
// An [Observer] does nothing to packets. It records what the programs of one machine send to
// and receive from those of others; the records of several machines are joined afterwards.
//
//	wire.go    the faults of all links      lane.go    what a fault does, without I/O
//	rules      the kernel's rules           queue      packets from the kernel, and back
//	owner.go   which program has a socket   socket     the kernel's list of sockets
//	stream.go  bytes into lines             tls.go     and into TLS records
//	tap        copies of packets to record  filter     which the kernel copies
//	observe.go the record of one machine    sightings  which connections are in it
package wire
