package order

import "strings"

// departing are the dialogues with those who leave, keep silent, or are no clients.
var departing = []dialogue{
	{"leaves before it has sent anything", `
		A connects
		A closes
		B connects
		B half-closes
		B hears ""
		C connects
		C resets
		X: Client X: Ahnaf
		waits 1s
		D connects
		D closes
		Y: Client Y: Ahnaf
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"the first leaves after sending", `
		X: Client X: Ahnaf
		waits 1s
		X closes
		waits 1s
		Y: Client Y: Ahnaf
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to Y; X has left`},
	{"the second leaves after sending", `
		X: Client X: Ahnaf
		waits 1s
		Y: Client Y: Ahnaf
		Y resets
		X hears "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to X; Y has left`},
	{"both leave after sending", `
		Y" "Client Y: Ahnaf"
		Y closes
		X: Client X: Ahnaf
		X resets
		waits 1s
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client X: Ahnaf
		screen Sent acknowledgment to nobody; X and Y have left`},
	{"silent for 30 s", `
		X connects
		waits 29.9s
		X quiet
		X hears "ERR timeout nothing came for 30s\n"
		at 30s`},
	{"a byte at the last moment", `
		X connects
		waits 29.9s
		X" "Client X: Ahnaf"
		Y: Client Y: Ahnaf
		X hears "X: Ahnaf received before Y: Ahnaf"
		Y hears "X: Ahnaf received before Y: Ahnaf\n"
		at 30.1s
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"nobody else comes for 30 s", `
		X: Client X: Ahnaf
		waits 30s
		X quiet
		X hears "ERR timeout no second message came for 30s\n"
		at 30.1s
		screen Message Received: Client X: Ahnaf
		screen No verdict for X: no second message
		Y: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y hears "Y: Ahnaf received before Z: Ahnaf\n"
		Z hears "Y: Ahnaf received before Z: Ahnaf\n"
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	{"a telnet without a name", `
		X: hello
		X hears "ERR syntax \"hello\" is not of the form \"Client NAME: TEXT\"\n"
		at 0s`},
	{"an empty line", `
		X: 
		X hears "ERR syntax \"\" is not of the form \"Client NAME: TEXT\"\n"`},
	{"too long", "X: Client X: " + strings.Repeat("x", 498) + `
		X hears "ERR syntax NAME: TEXT has 501 bytes; 500 are the limit\n"`},
	{"far too long", "X\" \"Client X: " + strings.Repeat("x", 5000) + `"
		X hears "ERR syntax a message of 1024 bytes and no end; NAME: TEXT may have 500\n"
		at 0s`},
}
