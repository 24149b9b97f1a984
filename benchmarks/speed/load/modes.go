package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// worker does one exchange after another; it is used by one goroutine.
type worker func() error

// tally is what the workers have seen in the window.
type tally struct {
	sync.Mutex
	done      int
	failed    map[string]int
	latencyUs []int64
	lagUs     []int64
}

func (t *tally) add(err error, tookUs, lagUs int64) {
	t.Lock()
	defer t.Unlock()
	if err != nil {
		t.failed[err.Error()]++
		return
	}
	t.done++
	t.latencyUs = append(t.latencyUs, tookUs)
	t.lagUs = append(t.lagUs, lagUs)
}

func (t *tally) outcome(seconds, processor float64) outcome {
	t.Lock()
	defer t.Unlock()
	return outcome{Seconds: seconds, Done: t.done, Failed: t.failed, ProcessorSeconds: processor,
		LatencyUs: t.latencyUs, LagUs: t.lagUs}
}

// saturate has so many workers do one exchange after another: closed loop, for throughput.
func (t *target) saturate(during window, workers int, seed int64, make func(*rand.Rand) worker) outcome {
	seen := &tally{failed: map[string]int{}}
	start := time.Now().Add(during.warm)
	end := start.Add(during.measure)
	var all sync.WaitGroup
	for number := 0; number < workers; number++ {
		all.Add(1)
		go func(number int) {
			defer all.Done()
			work := make(rand.New(rand.NewSource(seed + int64(number))))
			for time.Now().Before(end) {
				began := time.Now()
				err := work()
				if now := time.Now(); now.After(start) && now.Before(end) {
					seen.add(err, now.Sub(began).Microseconds(), 0)
				}
				if err != nil {
					time.Sleep(10 * time.Millisecond)
				}
			}
		}(number)
	}
	time.Sleep(time.Until(start))
	began, before := time.Now(), processorSeconds(during.pid)
	time.Sleep(time.Until(end))
	result := seen.outcome(time.Since(began).Seconds(), processorSeconds(during.pid)-before)
	result.LagUs = nil
	all.Wait()
	return result
}

// pace has requests arrive by a schedule, whatever becomes of those before: open loop, for latency.
// A request's time begins when it was due.
func (t *target) pace(during window, workers int, rate float64, seed int64) outcome {
	seen := &tally{failed: map[string]int{}}
	random := rand.New(rand.NewSource(seed))
	begin := time.Now().Add(100 * time.Millisecond)
	start := begin.Add(during.warm)
	end := start.Add(during.measure)
	due := make(chan time.Time, 1<<20)
	var all sync.WaitGroup
	for number := 0; number < workers; number++ {
		all.Add(1)
		go func(number int) {
			defer all.Done()
			post := t.poster(rand.New(rand.NewSource(seed + int64(number))))
			for at := range due {
				lag := time.Since(at)
				err := post()
				if at.After(start) && at.Before(end) {
					seen.add(err, time.Since(at).Microseconds(), lag.Microseconds())
				}
			}
		}(number)
	}
	go func() {
		for at := begin; at.Before(end); at = at.Add(time.Duration(random.ExpFloat64() / rate * float64(time.Second))) {
			time.Sleep(time.Until(at))
			due <- at
		}
		close(due)
	}()
	time.Sleep(time.Until(start))
	before := processorSeconds(during.pid)
	time.Sleep(time.Until(end))
	processor := processorSeconds(during.pid) - before
	all.Wait()
	return seen.outcome(during.measure.Seconds(), processor)
}

// idle opens so many connections, has one answer on each, and keeps them.
func (t *target) idle(connections int) outcome {
	seen := &tally{failed: map[string]int{}}
	began := time.Now()
	request := []byte("GET " + t.path + "/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
	slots := make(chan struct{}, 32)
	var all sync.WaitGroup
	for number := 0; number < connections; number++ {
		slots <- struct{}{}
		all.Add(1)
		go func() {
			defer all.Done()
			kept, err := t.dial(nil)
			if err == nil {
				err = kept.exchange(request)
			}
			if err == nil {
				keep(kept)
			}
			seen.add(err, 0, 0)
			<-slots
		}()
	}
	all.Wait()
	result := seen.outcome(time.Since(began).Seconds(), 0)
	result.LatencyUs, result.LagUs = nil, nil
	return result
}

var (
	keeping sync.Mutex
	kept    []*connection
)

func keep(c *connection) {
	keeping.Lock()
	defer keeping.Unlock()
	c.SetDeadline(time.Time{})
	kept = append(kept, c)
}

// prepared is a request whose ids are made anew each time it is sent.
type prepared struct {
	text []byte
	ids  []int
}

func (t *target) prepare(body []byte) prepared {
	text := t.request(body)
	made := prepared{text: text}
	for from := 0; ; {
		place := bytes.Index(text[from:], []byte(placeholderID))
		if place < 0 {
			return made
		}
		made.ids = append(made.ids, from+place)
		from += place + len(placeholderID)
	}
}

func (p prepared) fresh(random *rand.Rand) []byte {
	for _, place := range p.ids {
		copy(p.text[place:], fmt.Sprintf("%016x", random.Uint64()))
	}
	return p.text
}

// poster posts on one connection, and on a new one after a failure.
func (t *target) poster(random *rand.Rand) worker {
	requests := make([]prepared, len(t.bodies))
	for place, body := range t.bodies {
		requests[place] = t.prepare(body)
	}
	var open *connection
	return func() error {
		if open == nil {
			dialled, err := t.dial(nil)
			if err != nil {
				return err
			}
			open = dialled
		}
		err := open.exchange(requests[random.Intn(len(requests))].fresh(random))
		if err != nil {
			open.Close()
			open = nil
		}
		return err
	}
}

func (t *target) visitor(random *rand.Rand) worker {
	return func() error { return t.visit(t.bodies[random.Intn(len(t.bodies))], random) }
}

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
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Origin", "https://localhost")
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
