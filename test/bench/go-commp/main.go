// Times go-fil-commp-hashhash over a file: what lotus and most markets compute CommP with.
//
//	cd test/bench/go-commp && go run . FILE [RUNS]
//
// Prints the median in milliseconds and the root. `padma commp FILE` and `padma bench commp` are what it is beside.
package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	commp "github.com/filecoin-project/go-fil-commp-hashhash"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: go run . FILE [RUNS]"))
	}
	runs := 20
	if len(os.Args) > 2 {
		count, err := strconv.Atoi(os.Args[2])
		check(err)
		runs = count
	}
	times := make([]time.Duration, 0, runs)
	var root []byte
	for range runs {
		start := time.Now()
		root = commitment(os.Args[1])
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	fmt.Printf("%.2f ms %s\n", float64(times[runs/2].Microseconds())/1000, hex.EncodeToString(root))
}

func commitment(path string) []byte {
	file, err := os.Open(path)
	check(err)
	defer file.Close()
	calc := &commp.Calc{}
	_, err = io.CopyBuffer(calc, file, make([]byte, 1<<20))
	check(err)
	root, _, err := calc.Digest()
	check(err)
	return root
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
