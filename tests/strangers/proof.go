// Checks a .tlog-proof with Go's own packages for transparency logs, which share no code with
// nulstil: proof.go VKEY PROOF, and the document in canonical form on standard input.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(why interface{}) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

func hash(line string) (hash tlog.Hash) {
	bytes, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(bytes) != len(hash) {
		fail("not a hash: " + line)
	}
	copy(hash[:], bytes)
	return
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	if err != nil {
		fail(err)
	}
	proof, err := os.ReadFile(os.Args[2])
	if err != nil {
		fail(err)
	}
	document, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	parts := strings.SplitN(string(proof), "\n\n", 2)
	head := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(head) < 2 || head[0] != "c2sp.org/tlog-proof@v1" {
		fail("not a proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(head[1], "index "), 10, 64)
	if err != nil {
		fail(err)
	}
	var path tlog.RecordProof
	for _, line := range head[2:] {
		path = append(path, hash(line))
	}
	opened, err := note.Open([]byte(parts[1]), note.VerifierList(verifier))
	if err != nil {
		fail(err)
	}
	text := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(text[1], 10, 64)
	if err != nil || text[0] != verifier.Name() {
		fail("not a checkpoint of this log")
	}
	if err := tlog.CheckRecord(path, size, hash(text[2]), index, tlog.RecordHash(document)); err != nil {
		fail(err)
	}
}
