package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"math/rand"
	"net/http"
	"strconv"
	"sync"
)

const streamsPerConnection = 6

// h2Poster posts over HTTP/2, so many streams a connection.
func (t *target) h2Poster(workers int) func(*rand.Rand) worker {
	clients := make([]*http.Client, (workers+streamsPerConnection-1)/streamsPerConnection)
	for place := range clients {
		clients[place] = &http.Client{Timeout: exchangeTimeout, Transport: &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: t.roots, ServerName: "localhost"},
		}}
	}
	var turn int
	var lock sync.Mutex
	return func(random *rand.Rand) worker {
		lock.Lock()
		client := clients[turn%len(clients)]
		turn++
		lock.Unlock()
		return func() error {
			body := bytes.NewReader(t.bodies[random.Intn(len(t.bodies))])
			request, err := http.NewRequest("POST", "https://"+t.address+t.path+"/v1/signals", body)
			if err != nil {
				return fault("request")
			}
			for _, header := range headers {
				request.Header.Set(header[0], header[1])
			}
			response, err := client.Do(request)
			if err != nil {
				return fault("h2")
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil {
				return fault("read")
			}
			if response.StatusCode != 200 {
				return fault(strconv.Itoa(response.StatusCode))
			}
			if response.ProtoMajor != 2 {
				return fault("not-h2")
			}
			return nil
		}
	}
}
