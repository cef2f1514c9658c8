// Package console is a page in the browser that shows and breaks a lab: all terminals, the
// links between the programs, the faults, and the diagram of what happened.
//
//	hub.go       what the page shows, and which part of it a viewer lacks; no I/O
//	access.go    which requests are answered
//	server.go    the HTTP server; socket.go the WebSocket of a viewer
//	stage.go     what the page controls; native.go a lab, compose.go the containers
//	             of a compose project, stack.go those of a swarm's stack at this machine,
//	             nodes.go the stack on all machines, saved.go a run that was saved
//	agent.go     serves the stack at this machine to the page of all machines, which
//	             asks through remote.go
//	faults.go    what was done to the links; compose_wire.go those of containers
//	history.go   the last events; save.go the files of a run, cast.go those of terminals
//	web/         the page
package console
