package order

import "strings"

// departing holds the dialogues of clients that leave, stay silent or send no
// message.
var departing = []dialogue{
	{"leaves before it has sent anything", `
		A connects
		A closes
		B connects
		B half-closes
		B receives ""
		C connects
		C resets
		X: Client X: Ahnaf
		waits 1s
		D connects
		D closes
		Y: Client Y: Ahnaf
		X receives "X: Ahnaf received before Y: Ahnaf\n"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"the first leaves after sending", `
		X: Client X: Ahnaf
		waits 1s
		X closes
		waits 1s
		Y: Client Y: Ahnaf
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to Y; X has left`},
	{"the second leaves after sending", `
		X: Client X: Ahnaf
		waits 1s
		Y: Client Y: Ahnaf
		Y resets
		X receives "X: Ahnaf received before Y: Ahnaf\n"
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
		screen Sent no acknowledgment; X and Y have left`},
	{"sends nothing for 30 s", `
		X connects
		waits 29.9s
		X quiet
		X receives "ERR timeout nothing received for 30s\n"
		at 30s`},
	{"a byte at the last moment", `
		X connects
		waits 29.9s
		X" "Client X: Ahnaf"
		Y: Client Y: Ahnaf
		X receives "X: Ahnaf received before Y: Ahnaf"
		Y receives "X: Ahnaf received before Y: Ahnaf\n"
		at 30.1s
		screen Message Received: Client X: Ahnaf
		screen Message Received: Client Y: Ahnaf
		screen Sent acknowledgment to both X and Y`},
	{"no second message for 30 s", `
		X: Client X: Ahnaf
		waits 30s
		X quiet
		X receives "ERR timeout no second message received for 30s\n"
		at 30.1s
		screen Message Received: Client X: Ahnaf
		screen No verdict for X: no second message
		Y: Client Y: Ahnaf
		Z: Client Z: Ahnaf
		Y receives "Y: Ahnaf received before Z: Ahnaf\n"
		Z receives "Y: Ahnaf received before Z: Ahnaf\n"
		screen Message Received: Client Y: Ahnaf
		screen Message Received: Client Z: Ahnaf
		screen Sent acknowledgment to both Y and Z`},
	{"a telnet without a name", `
		X: hello
		X receives "ERR syntax \"hello\" is not of the form \"Client NAME: TEXT\"\n"
		at 0s`},
	{"an empty line", `
		X: 
		X receives "ERR syntax \"\" is not of the form \"Client NAME: TEXT\"\n"`},
	{"too long", "X: Client X: " + strings.Repeat("x", 498) + `
		X receives "ERR syntax NAME: TEXT has 501 bytes; the limit is 500\n"`},
	{"far too long", "X\" \"Client X: " + strings.Repeat("x", 5000) + `"
		X receives "ERR syntax no line end within 1024 bytes; NAME: TEXT may have 500\n"
		at 0s`},
}
