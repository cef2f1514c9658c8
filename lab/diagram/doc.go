// Package diagram draws the record of a run (peerlab/lab/event) as a space-time diagram, in
// SVG without scripts: processes are columns, time goes down, and messages are arrows from
// where they were sent to where they were received. All functions are pure.
//
// An arrow means: may have caused. The record says that a line reached a process, not that
// the program read it.
//
//	run.go      the record: processes, their lives and pauses    message.go  who received what was sent
//	order.go    what happened before what                        late.go     what stands behind its effect
//	origin.go   which typed text a line carries                  fault.go    faults of many links as one
//	point.go    the lines that a diagram is about                slice.go    what a person needs to see of them
//	layout.go   where everything is                              svg.go      and how it is drawn
//	screens.go  what the screens showed                          text.go     labels and tooltips
package diagram
