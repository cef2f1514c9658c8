package wire

import "golang.org/x/net/bpf"

// filter returns the program of a tap: the kernel shows it TCP, with ports only that over IPv4
// from or to these. Without acks there are only packets that open or end a connection or have
// a payload: acknowledgements, half of all packets, tell the record of both ends nothing. Then
// large packets of some flows are left out, each known by its two ports as the header of TCP
// has them.
func filter(only []uint16, acks bool, leftOut []uint32) ([]bpf.RawInstruction, error) {
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 4, SkipFalse: 3},
		bpf.LoadMemShift{Off: 0}, // X is where the header of TCP begins
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.Jump{Skip: 2},
		bpf.LoadConstant{Dst: bpf.RegX, Val: 40},
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolTCP, SkipTrue: 1},
		bpf.RetConstant{},
	}
	if only != nil {
		program[6] = bpf.RetConstant{}
	}
	// Of packets without these flags:
	payload := []bpf.Instruction{
		bpf.LoadIndirect{Off: 12, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf0},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd}, // A is where the payload begins
		bpf.StoreScratch{Src: bpf.RegX},
		bpf.TAX{},
		bpf.LoadExtension{Num: bpf.ExtLen},
		bpf.JumpIfX{Cond: bpf.JumpGreaterThan, SkipTrue: 1},
		bpf.RetConstant{},
		bpf.LoadScratch{Dst: bpf.RegX},
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: beginning, SkipTrue: uint8(1 + 2*len(leftOut))},
		bpf.LoadIndirect{Off: 0, Size: 4},
	}
	for _, ports := range leftOut {
		payload = append(payload, bpf.JumpIf{Cond: bpf.JumpEqual, Val: ports, SkipFalse: 1}, bpf.RetConstant{})
	}
	if !acks {
		program = append(program, bpf.LoadIndirect{Off: flagsAt, Size: 1}, bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: fin | syn | rst, SkipTrue: uint8(len(payload))})
		program = append(program, payload...)
	}
	if only == nil {
		return bpf.Assemble(append(program, bpf.RetConstant{Val: maxPacket}))
	}
	for _, at := range []uint32{0, 2} {
		program = append(program, bpf.LoadIndirect{Off: at, Size: 2})
		for _, port := range only {
			program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(port), SkipFalse: 1}, bpf.RetConstant{Val: maxPacket})
		}
	}
	return bpf.Assemble(append(program, bpf.RetConstant{}))
}
