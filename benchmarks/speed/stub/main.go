// The service's place in the benchmarks: reads all it is sent and accepts it, after a delay.
//
// It speaks the batch contract to an edge, an answer for each envelope, and answers a plain proxy,
// which hands the page's own report through, as an edge answers a page.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

var batchStart = []byte(`{"envelopes":`)

type batch struct {
	Envelopes []struct {
		ID string `json:"id"`
	} `json:"envelopes"`
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "where to listen")
	delay := flag.Duration("delay", 0, "how long an answer takes")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "application/json")
		io.WriteString(w, `{"ok":true}`)
	})
	answer := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		reply, err := replyTo(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(*delay)
		w.Header().Set("content-type", "application/json")
		w.Write(reply)
	}
	mux.HandleFunc("/v1/signals", answer)
	mux.HandleFunc("/octet/v1/signals", answer)
	fmt.Printf("serving on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}

func replyTo(body []byte) ([]byte, error) {
	if !bytes.HasPrefix(body, batchStart) {
		return []byte(`{"ok":true}`), nil
	}
	var received batch
	if err := json.Unmarshal(body, &received); err != nil {
		return nil, err
	}
	var reply bytes.Buffer
	reply.WriteString(`{"results":[`)
	for place, envelope := range received.Envelopes {
		if place > 0 {
			reply.WriteByte(',')
		}
		fmt.Fprintf(&reply, `{"id":%q,"ok":true}`, envelope.ID)
	}
	reply.WriteString(`]}`)
	return reply.Bytes(), nil
}
