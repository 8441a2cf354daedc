// CommP by go-fil-commp-hashhash, with which lotus and most markets compute it, for `padma bench commp --against hashhash`.
//
// One JSON request a line, one reply a line, like crates/padma-reference: {"call":"ready"} and
// {"call":"commP","file":PATH} are answered with {"done":{"commitments":[HEX]}} or {"failed":REASON}.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	commp "github.com/filecoin-project/go-fil-commp-hashhash"
)

type request struct {
	Call string `json:"call"`
	File string `json:"file"`
}

type done struct {
	Commitments []string `json:"commitments"`
}

type reply struct {
	Done   *done  `json:"done,omitempty"`
	Failed string `json:"failed,omitempty"`
}

// Ends with its stdin.
func main() {
	lines := bufio.NewScanner(os.Stdin)
	replies := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		made, err := answer(lines.Bytes())
		out := reply{Done: made}
		if err != nil {
			out = reply{Failed: err.Error()}
		}
		if err := replies.Encode(out); err != nil {
			os.Exit(1)
		}
	}
}

func answer(line []byte) (*done, error) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	switch asked.Call {
	case "ready":
		return &done{Commitments: []string{}}, nil
	case "commP":
		root, err := commitment(asked.File)
		if err != nil {
			return nil, err
		}
		return &done{Commitments: []string{hex.EncodeToString(root)}}, nil
	default:
		return nil, fmt.Errorf("%s is not for this program", asked.Call)
	}
}

// commitment reads a megabyte at a time: larger and smaller ones are not faster.
func commitment(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	calc := &commp.Calc{}
	if _, err := io.CopyBuffer(calc, file, make([]byte, 1<<20)); err != nil {
		return nil, err
	}
	root, _, err := calc.Digest()
	return root, err
}
