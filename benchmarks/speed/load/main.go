// The load of the benchmarks: posts, visits, floods, reads, long polls and idle connections, and one
// JSON line about them.
//
// It takes the server's processor time at the beginning and at the end of the window itself, so
// that both belong to the same requests.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"flag"
	"log"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	placeholderRef     = "sess_PLACEHOLDER0000000000"
	placeholderReceipt = "RECEIPT"
	placeholderID      = "IDENTIFIER000000" // as long as what takes its place
)

// fault is what went wrong with one exchange: a status, or a place.
type fault string

func (f fault) Error() string { return string(f) }

// target is the server under load.
type target struct {
	address string
	path    string
	roots   *x509.CertPool // nil without TLS
	volleys int
	bodies  [][]byte
	// licenses go with posts in turn, so that a memory of fewer never helps; none: no header.
	licenses [][]byte
	turn     uint64
	secured  handshakes
}

// window says when to measure, and whose processor time.
type window struct {
	warm, measure time.Duration
	pid, beside   int
}

// times are processor seconds of the server and of a process beside it.
type times struct{ server, beside float64 }

func (w window) times() times {
	return times{processorSeconds(w.pid), processorSeconds(w.beside)}
}

func (t times) since(before times) times {
	return times{t.server - before.server, t.beside - before.beside}
}

// outcome is the JSON line.
type outcome struct {
	Mode             string         `json:"mode"`
	Seconds          float64        `json:"seconds"`
	Done             int            `json:"done"`
	Failed           map[string]int `json:"failed"`
	ProcessorSeconds float64        `json:"processorSeconds"`
	BesideSeconds    float64        `json:"besideSeconds,omitempty"`
	HoldSeconds      float64        `json:"holdSeconds,omitempty"` // processor time while all waited
	LatencyUs        []int64        `json:"latencyUs,omitempty"`
	LagUs            []int64        `json:"lagUs,omitempty"`
	PostUs           []int64        `json:"postUs,omitempty"`
	Waited           int            `json:"waited,omitempty"` // requests that found no idle connection
	Handshakes       map[string]int `json:"handshakes,omitempty"`
}

func main() {
	mode := flag.String("mode", "posts", "posts, paced, visits, h2, flood-h1, flood-h2, reads, polls or idle")
	base := flag.String("url", "", "the edge's base URL")
	ca := flag.String("ca", "", "certificates to trust, PEM")
	bodies := flag.String("bodies", "", "reports, batches or references, one a line")
	licenses := flag.String("licenses", "", "one a line, for posts in turn")
	connections := flag.Int("connections", 48, "connections, or visits, at once")
	rate := flag.Float64("rate", 0, "paced, polls: posts that arrive a second")
	volleys := flag.Int("volleys", 24, "visits: volleys of each")
	warm := flag.Duration("warm", time.Second, "before the window")
	measure := flag.Duration("for", 3*time.Second, "the window")
	pid := flag.Int("pid", 0, "the server's process")
	beside := flag.Int("beside", 0, "a process whose time is taken too")
	seed := flag.Int64("seed", 1, "of all that is random")
	flag.Parse()

	server := newTarget(*base, *ca, *volleys)
	server.bodies, server.licenses = lines(*bodies), lines(*licenses)
	during := window{*warm, *measure, *pid, *beside}
	var result outcome
	switch *mode {
	case "posts":
		result = server.saturate(during, *connections, *seed, server.poster)
	case "visits":
		result = server.saturate(during, *connections, *seed, server.visitor)
	case "h2":
		result = server.saturate(during, *connections, *seed, server.h2Poster(*connections))
	case "flood-h1":
		result = server.saturate(during, *connections, *seed, server.flooder("http/1.1", server.floodH1))
	case "flood-h2":
		result = server.saturate(during, *connections, *seed, server.flooder("h2", server.floodH2))
	case "reads":
		result = server.saturate(during, *connections, *seed, server.reader)
	case "polls":
		result = server.hold(during, *connections, *rate, *seed)
	case "paced":
		result = server.pace(during, *connections, *rate, *seed)
	case "idle":
		result = server.idle(*connections)
	default:
		log.Fatalf("unknown mode %q", *mode)
	}
	result.Mode, result.Handshakes = *mode, server.secured.counts
	json.NewEncoder(os.Stdout).Encode(result)
	if *mode == "idle" { // until whoever measures has done so
		os.Stdin.Read(make([]byte, 1))
	}
}

// lines returns the lines of a file; none without one.
func lines(path string) [][]byte {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(text), []byte("\n"))
}

func newTarget(base, ca string, volleys int) *target {
	parsed, err := url.Parse(base)
	if err != nil {
		log.Fatal(err)
	}
	made := &target{address: parsed.Host, path: strings.TrimSuffix(parsed.Path, "/"), volleys: volleys}
	if parsed.Scheme == "https" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			log.Fatal(err)
		}
		made.roots = x509.NewCertPool()
		made.roots.AppendCertsFromPEM(pem)
	}
	return made
}
