package main

import (
	"fmt"
	"strconv"
	"time"

	"peerlab/e2e/bench/internal/rounds"
)

// rows is the table of all that is measured, in the order in which it is.
func (l *lab) rows() (rows []rounds.Row) {
	rows = append(rows, l.relayRows()...)
	rows = append(rows, l.talkRows()...)
	rows = append(rows, l.latencyRows()...)
	rows = append(rows, l.meshRows()...)
	rows = append(rows, l.tlsRows()...)
	rows = append(rows, l.roomRows()...)
	return append(rows, l.wireRows()...)
}

// bulk is one file of 1 GiB.
var bulk = work{folder: "big", files: []string{"big"}, size: gib, atOnce: 1, again: true, unit: 1e9, cost: gib, bytes: true}

func (l *lab) relayRows() []rounds.Row {
	small := work{folder: "small", size: 4 << 10, atOnce: 16, unit: 1, cost: 1000}
	for i := range 2000 {
		small.files = append(small.files, strconv.Itoa(i))
	}
	again := small
	again.again = true
	targets := []rounds.Target{{Side: node.name, Peer: nginx.name, AtLeast: 0.9}, {Side: node.name, Peer: bare.name}, {Side: bare.name, Peer: nginx.name}}
	return []rounds.Row{
		{
			Name: "big", Short: "1 GiB", Title: "1 GiB from memory to a reader that drops it", Unit: "GB/s", Cost: "1 GiB",
			Sides:   l.serves(bulk, node, bare),
			Targets: []rounds.Target{{Side: node.name, Peer: bare.name, AtLeast: 0.9}},
			Rounds:  11, Time: 30 * time.Second,
		},
		{
			Name: "small", Short: "4 KiB, first time", Unit: "files/s", Cost: "1,000 files",
			Title: "2,000 files of 4 KiB, a connection each, 16 at a time, of a server that has just started: the node hashes them, too",
			Sides: l.serves(small, node, bare, nginx), Targets: targets, Rounds: 9, Time: 20 * time.Second,
		},
		{
			Name: "small", Short: "4 KiB, again", Unit: "files/s", Cost: "1,000 files", Title: "the same files a second time",
			Sides: l.serves(again, node, bare, nginx), Targets: targets, Rounds: 9, Time: 20 * time.Second,
		},
	}
}

const (
	shownRate = "million lines shown/s"
	shownCost = "a million lines shown"
)

func (l *lab) talkRows() (rows []rounds.Row) {
	for _, clients := range []int{5, 20, 100} {
		row := rounds.Row{
			Name: "talk", Short: fmt.Sprintf("1 → %d, 64 B", clients), Unit: shownRate, Cost: shownCost,
			Title:   fmt.Sprintf("one client types lines of 64 B as fast as it reads them, %d screens show them", clients),
			Sides:   l.crowds(clients, oneTalks, chat, bareMesh, natsGo),
			Targets: []rounds.Target{{Side: chat.name, Peer: natsGo.name}, {Side: chat.name, Peer: bareMesh.name}, {Side: chat.name, Peer: natsGo.name, Of: rounds.CPU}},
			Rounds:  5, Time: 30 * time.Second,
		}
		if clients == 5 {
			row.Rounds = 11 // they differ by half
			row.Targets[0].AtLeast, row.Targets[1].AtLeast, row.Targets[2].AtMost = 5, 0.25, 0.25
		}
		rows = append(rows, row)
	}
	return append(rows, rounds.Row{
		Name: "talk", Short: "6 ↔ 6, 64 B", Unit: shownRate, Cost: shownCost,
		Title:   "the server and five clients all type, and show the lines of the five others",
		Sides:   l.crowds(5, allTalk, chat, bareMesh, natsGo),
		Targets: []rounds.Target{{Side: chat.name, Peer: natsGo.name}, {Side: chat.name, Peer: bareMesh.name}},
		Rounds:  7, Time: 20 * time.Second,
	})
}

// oneByOne is how many lines are typed in a turn, one at a time, by the number of screens.
var oneByOne = map[int]int{5: 2000, 100: 200}

func (l *lab) latencyRows() (rows []rounds.Row) {
	for _, clients := range []int{5, 100} {
		row := rounds.Row{
			Name: "talk-latency", Short: fmt.Sprintf("one line to %d", clients), Unit: "p50, µs", Cost: shownCost,
			Title: fmt.Sprintf("a line of 64 B at a time, from a stdin to each of %d screens", clients),
			Sides: l.crowds(clients, lineByLine(oneByOne[clients]), chat, bareMesh, natsGo),
			Targets: []rounds.Target{
				{Side: chat.name, Peer: natsGo.name},
				{Side: chat.name, Peer: natsGo.name, Of: rounds.P99},
				{Side: chat.name, Peer: bareMesh.name},
			},
			Rounds: 5, Time: 30 * time.Second,
		}
		if clients == 5 {
			row.Targets[0].AtMost, row.Targets[1].AtMost = 0.6, 0.8
		}
		rows = append(rows, row)
	}
	return rows
}

// meshRows are about forming a mesh, and what it costs when no line is typed.
func (l *lab) meshRows() (rows []rounds.Row) {
	for _, clients := range []int{5, 20, 50, 100} {
		row := rounds.Row{
			Name: "join", Short: fmt.Sprintf("mesh of %d", clients), Unit: "ms", Cost: "all",
			Title:   fmt.Sprintf("from the exec of the first of %d clients until every screen has a line for each", clients),
			Sides:   l.joins(clients, chat, bareMesh),
			Targets: []rounds.Target{{Side: chat.name, Peer: bareMesh.name}},
			Rounds:  5, Time: 20 * time.Second,
		}
		if clients == 100 {
			row.Targets[0].AtMost = 3
		}
		rows = append(rows, row)
	}
	for _, clients := range []int{5, 100} {
		rows = append(rows, rounds.Row{
			Name: "return", Short: fmt.Sprintf("%d back", clients), Unit: "ms", Cost: "a return",
			Title:   fmt.Sprintf("from the exec of a server in place of one that was killed until it has its %d clients back", clients),
			Sides:   l.crowds(clients, serverReturns, chat, bareMesh),
			Targets: []rounds.Target{{Side: chat.name, Peer: bareMesh.name, AtMost: 2}},
			Rounds:  9, Time: 25 * time.Second,
		})
	}
	return append(rows, rounds.Row{
		Name: "idle", Short: "100 idle clients", Unit: "ms of processor time a second", Cost: "a second",
		Title:   "100 clients and their server when no line is typed",
		Sides:   l.crowds(100, idles, chat),
		Targets: []rounds.Target{{Side: chat.name}},
		Rounds:  3, Time: 30 * time.Second,
	}, rounds.Row{
		Name: "memory-chat", Short: "a million lines", Unit: "MiB", Cost: "a million lines typed",
		Title:   "memory of one of five clients two seconds after a million lines of 64 B were typed at it",
		Sides:   l.crowds(5, remembers, chat, bareMesh),
		Targets: []rounds.Target{{Side: chat.name}},
		Rounds:  3, Time: 20 * time.Second,
	})
}

// tlsRows are about the cost of TLS.
func (l *lab) tlsRows() []rounds.Row {
	return []rounds.Row{
		{
			Name: "tls", Short: "1 → 5, 64 B", Unit: shownRate, Cost: shownCost,
			Title:   "one client types lines of 64 B as fast as it reads them, 5 screens show them, with TLS and without",
			Sides:   l.crowds(5, oneTalks, chatTLS, chat),
			Targets: []rounds.Target{{Side: chatTLS.name, Peer: chat.name, AtLeast: 0.5}, {Side: chatTLS.name, Peer: chat.name, Of: rounds.CPU}},
			Rounds:  9, Time: 20 * time.Second,
		},
		{
			Name: "tls", Short: "one line to 5", Unit: "p50, µs", Cost: shownCost,
			Title:   "a line of 64 B at a time, from a stdin to each of 5 screens, with TLS and without",
			Sides:   l.crowds(5, lineByLine(oneByOne[5]), chatTLS, chat),
			Targets: []rounds.Target{{Side: chatTLS.name, Peer: chat.name}, {Side: chatTLS.name, Peer: chat.name, Of: rounds.P99}},
			Rounds:  5, Time: 20 * time.Second,
		},
		{
			Name: "tls", Short: "5 back", Unit: "ms", Cost: "a return",
			Title:   "from the exec of a server in place of one that was killed until it has its 5 clients back, with TLS and without",
			Sides:   l.crowds(5, serverReturns, chatTLS, chat),
			Targets: []rounds.Target{{Side: chatTLS.name, Peer: chat.name, AtMost: 2}},
			Rounds:  9, Time: 20 * time.Second,
		},
	}
}

func (l *lab) roomRows() []rounds.Row {
	targets := []rounds.Target{{Side: room.name, Peer: natsGo.name}, {Side: room.name, Peer: natsGo.name, Of: rounds.CPU}}
	return []rounds.Row{
		{
			Name: "room", Short: "room of 101, 64 B", Unit: shownRate, Cost: shownCost,
			Title: "one client types lines of 64 B as fast as it reads them, 100 others show them",
			Sides: l.crowds(100, oneTalks, room, natsGo), Targets: targets, Rounds: 5, Time: 20 * time.Second,
		},
		{
			Name: "room", Short: "one line to a room of 101", Unit: "p50, µs", Cost: shownCost,
			Title: "a line of 64 B at a time, from a stdin to each of 100 screens",
			Sides: l.crowds(100, lineByLine(oneByOne[100]), room, natsGo), Targets: targets, Rounds: 5, Time: 20 * time.Second,
		},
	}
}

// wireRows are about the lab itself: the cost of its wire for programs that it lets talk
// without faults.
func (l *lab) wireRows() []rounds.Row {
	return []rounds.Row{
		{
			Name: "wire", Short: "1 GiB beside the wire", Unit: "GB/s", Cost: "1 GiB",
			Title:   "1 GiB over TCP within a network namespace",
			Sides:   wired(l.fileTurn(bulk, bare)),
			Targets: []rounds.Target{{Side: withWire, Peer: withoutWire, AtLeast: 0.85}},
			Rounds:  7, Time: 20 * time.Second,
		},
		{
			Name: "wire", Short: "1 → 5 beside the wire", Unit: shownRate, Cost: shownCost,
			Title:   "one client of a chat types lines of 64 B as fast as it reads them, five screens show them",
			Sides:   wired(l.crowdTurn(chat, 5, oneTalks)),
			Targets: []rounds.Target{{Side: withWire, Peer: withoutWire, AtLeast: 0.8}},
			Rounds:  7, Time: 20 * time.Second,
		},
	}
}
