// The load of the benchmarks: posts, visits and idle connections, and one JSON line about them.
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
}

// window says when to measure.
type window struct {
	warm, measure time.Duration
	pid           int
}

// outcome is the JSON line.
type outcome struct {
	Mode             string         `json:"mode"`
	Seconds          float64        `json:"seconds"`
	Done             int            `json:"done"`
	Failed           map[string]int `json:"failed"`
	ProcessorSeconds float64        `json:"processorSeconds"`
	LatencyUs        []int64        `json:"latencyUs,omitempty"`
	LagUs            []int64        `json:"lagUs,omitempty"`
}

func main() {
	mode := flag.String("mode", "posts", "posts, paced, visits, h2 or idle")
	base := flag.String("url", "", "the edge's base URL")
	ca := flag.String("ca", "", "certificates to trust, PEM")
	bodies := flag.String("bodies", "", "reports, one a line")
	connections := flag.Int("connections", 48, "connections, or visits, at once")
	rate := flag.Float64("rate", 0, "paced: arrivals a second")
	volleys := flag.Int("volleys", 24, "visits: volleys of each")
	warm := flag.Duration("warm", time.Second, "before the window")
	measure := flag.Duration("for", 3*time.Second, "the window")
	pid := flag.Int("pid", 0, "the server's process")
	seed := flag.Int64("seed", 1, "of all that is random")
	flag.Parse()

	server := newTarget(*base, *ca, *bodies, *volleys)
	during := window{*warm, *measure, *pid}
	var result outcome
	switch *mode {
	case "posts":
		result = server.saturate(during, *connections, *seed, server.poster)
	case "visits":
		result = server.saturate(during, *connections, *seed, server.visitor)
	case "h2":
		result = server.saturate(during, *connections, *seed, server.h2Poster(*connections))
	case "paced":
		result = server.pace(during, *connections, *rate, *seed)
	case "idle":
		result = server.idle(*connections)
	default:
		log.Fatalf("unknown mode %q", *mode)
	}
	result.Mode = *mode
	json.NewEncoder(os.Stdout).Encode(result)
	if *mode == "idle" { // until whoever measures has done so
		os.Stdin.Read(make([]byte, 1))
	}
}

func newTarget(base, ca, bodies string, volleys int) *target {
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
	if bodies != "" {
		text, err := os.ReadFile(bodies)
		if err != nil {
			log.Fatal(err)
		}
		made.bodies = bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	}
	return made
}
