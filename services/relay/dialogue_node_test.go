package relay

import "strings"

// large is the content of a file that a node neither sends nor hashes in one piece.
var large = strings.Repeat("0123456789abcdef", smallFile/8)

// nodeDialogues are the dialogues with a node. Its folder holds a.txt with the content
// "hello\n", empty, large, other, `two words`, `"q" Ü` and link, a symbolic link to
// a file outside the folder.
var nodeDialogues = []dialogue{
	{"who", "C: WHO\nS: NODE 00000000000000aa\nC closes\nS closes"},
	{"a file", `
		C: GET 0 - - a.txt
		S: SEND 6 <a.txt> 6
		S: hello
		S: END <a.txt>
		C closes
		S closes`},
	{"a range", `
		C: GET 1 3 - a.txt
		S: SEND 6 <a.txt> 3
		S" "ell"
		S: END <a.txt>
		C: GET 4 100 <a.txt> a.txt
		S: SEND 6 <a.txt> 2
		S: o
		S: END <a.txt>
		C: GET 6 - - a.txt
		S: SEND 6 <a.txt> 0
		S: END <a.txt>
		C: GET 0 0 - a.txt
		S: SEND 6 <a.txt> 0
		S: END <a.txt>
		C: GET 0 9223372036854775807 - a.txt
		S: SEND 6 <a.txt> 6
		S: hello
		S: END <a.txt>`},
	{"a range beyond the end", "C: GET 7 - - a.txt\nS: ERR differs \"a.txt\" has 6 bytes\nC: WHO\nS: NODE 00000000000000aa"},
	{"an empty file", "C: GET 0 - - empty\nS: SEND 0 <empty> 0\nS: END <empty>\nC closes\nS closes"},
	{"odd names", `
		C: GET 0 - - two words
		S: SEND 1 <two words> 1
		S" "2"
		S: END <two words>
		C: STAT "q" Ü
		S: FILE 1 <"q" Ü> "q" Ü`},
	{"two requests sent ahead", `
		C" "GET 0 2 - a.txt\nGET 2 - - a.txt\r\nSTAT other\n"
		C closes
		S: SEND 6 <a.txt> 2
		S" "he"
		S: END <a.txt>
		S: SEND 6 <a.txt> 4
		S: llo
		S: END <a.txt>
		S: FILE 1 <other> other
		S closes`},
	{"the version asked for", "C: GET 0 - <a.txt> a.txt\nS: SEND 6 <a.txt> 6\nS: hello\nS: END <a.txt>"},
	{"another version", `
		C: GET 0 - <other> a.txt
		S: ERR differs this node has another version of "a.txt"
		C: GET 0 1 <a.txt> a.txt
		S: SEND 6 <a.txt> 1
		S" "h"
		S: END <a.txt>`},
	{"a large file that is not hashed", `
		C: GET 0 16 - large
		S SEND
		S" "0123456789abcdef"
		S END`},
	{"the end of a large file that is not hashed", "C: GET 131000 - - large\nS SEND 131072\n" +
		`S" "` + strings.Repeat("0123456789abcdef", 5)[8:] + `"` + "\nS: END <large>"},
	{"all of a large file", "C: GET 0 - <large> large\nS: SEND 131072 <large> 131072\n" + `S" "` + large + `"` + "\nS: END <large>\nC closes\nS closes"},
	{"STAT", `
		C: STAT large
		S: FILE 131072 <large> large
		C: STAT missing
		S: ERR notfound no file "missing" here
		C: STAT empty
		S: FILE 0 <empty> empty`},
	{"DIGEST", `
		C: DIGEST 0 a.txt
		S: DIGEST 0 <empty>
		C: DIGEST 6 a.txt
		S: DIGEST 6 <a.txt>
		C: DIGEST 7 a.txt
		S: ERR differs "a.txt" has 6 bytes
		C: DIGEST 0 missing
		S: ERR notfound no file "missing" here
		C: DIGEST 65537 large
		S: DIGEST 65537 ` + hashed(large[:65537]) + `
		C: GET 0 0 - a.txt
		S: SEND 6 <a.txt> 0
		S: END <a.txt>`},
	{"LIST", `
		C: LIST
		S: FILES 6
		S: FILE 1 - "q" Ü
		S: FILE 6 - a.txt
		S: FILE 0 - empty
		S: FILE 131072 - large
		S: FILE 1 - other
		S: FILE 1 - two words
		C: STAT a.txt
		S: FILE 6 <a.txt> a.txt
		C: LIST
		S: FILES 6
		S: FILE 1 - "q" Ü
		S: FILE 6 <a.txt> a.txt
		S: FILE 0 - empty
		S: FILE 131072 - large
		S: FILE 1 - other
		S: FILE 1 - two words`},
	{"a missing file", "C: GET 0 - - missing\nS: ERR notfound no file \"missing\" here\nC: WHO\nS: NODE 00000000000000aa"},
	{"a folder", "C: GET 0 - - .\nS ERR name\nS closes"},
	{"a link to a file outside", "C: GET 0 - - link\nS: ERR notfound no file \"link\" here\nC: STAT link\nS: ERR notfound no file \"link\" here"},
	{"a parent folder", "C: GET 0 - - ../secret\nS: ERR name \"../secret\" is not the name of a file of a node: no empty part, no . and no .. between slashes\nS closes"},
	{"a parent folder in the middle", "C: GET 0 - - a/../../x\nS ERR name\nS closes"},
	{"an absolute name", "C: STAT /etc/passwd\nS ERR name\nS closes"},
	{"a backslash", `C: STAT ..\etc\passwd` + "\nS ERR name\nS closes"},
	{"a NUL", `C" "DIGEST 1 a\x00b\n"` + "\nS: ERR name \"a\\x00b\" has control characters: rename the file to fetch it\nS closes"},
	{"invalid UTF-8", `C" "STAT \xff\n"` + "\nS: ERR name \"\\xff\" is not UTF-8: rename the file to fetch it\nS closes"},
	{"no name", "C: GET 0 - - \nS: ERR name the name is empty\nS closes"},
	{"a long name", "C: GET 0 - - " + strings.Repeat("n", 1025) + "\nS: ERR name a name of 1025 bytes exceeds the limit of 1024\nS closes"},
	{"a word too few", "C: GET 0 - a.txt\nS: ERR syntax expected GET FROM COUNT HASH NAME, received \"GET 0 - a.txt\"\nS closes"},
	{"no number", "C: GET -1 - - a.txt\nS: ERR syntax \"-1\" is not a number\nS closes"},
	{"no count", "C: GET 0 x - a.txt\nS: ERR syntax \"x\" is not a number\nS closes"},
	{"no hash", "C: GET 0 - abc a.txt\nS: ERR syntax \"abc\" is not a hash\nS closes"},
	{"a number that is too large", "C: GET 9223372036854775808 - - a.txt\nS: ERR syntax \"9223372036854775808\" is not a number\nS closes"},
	{"DIGEST without a count", "C: DIGEST a.txt\nS: ERR syntax \"a.txt\" is not a number\nS closes"},
	{"LIST of the files after a name", `
		C: LIST large
		S: FILES 2
		S: FILE 1 - other
		S: FILE 1 - two words
		C: LIST largest
		S: FILES 2
		S: FILE 1 - other
		S: FILE 1 - two words
		C: LIST two words
		S: FILES 0
		C closes
		S closes`},
	{"a request to a relay", "C: REGISTER 0123456789abcdef :7001\nS ERR syntax\nS closes"},
	{"silence between requests", `
		C: WHO
		S: NODE 00000000000000aa
		waits 4s
		C: WHO
		S: NODE 00000000000000aa
		waits 4.9s
		quiet
		waits 100ms
		S: ERR timeout no request for 5s
		S closes`},
	{"a file that changes between two parts", `
		C: GET 0 2 - a.txt
		S: SEND 6 <a.txt> 2
		S" "he"
		S: END <a.txt>
		changes a.txt "HELLO\n"
		C: GET 2 - - a.txt
		S: ERR changed the file changed while it was read
		S closes`},
	{"a file that changes after its digest", `
		C: DIGEST 5 a.txt
		S: DIGEST 5 ` + hashed("hello") + `
		changes a.txt "HELLO\n"
		C: GET 5 - - a.txt
		S: ERR changed the file changed while it was read
		S closes`},
	{"a large file that changes between two parts", `
		C: GET 0 16 - large
		S SEND
		S" "0123456789abcdef"
		S END
		changes large "` + large + `"
		C: GET 16 - - large
		S: ERR changed the file changed while it was read
		S closes`},
	{"a file that changes between two connections", `
		C: STAT a.txt
		S: FILE 6 <a.txt> a.txt
		changes other "another"
		C: GET 0 - - other
		S: SEND 7 ` + hashed("another") + ` 7
		S" "another"
		S: END ` + hashed("another")},
}
