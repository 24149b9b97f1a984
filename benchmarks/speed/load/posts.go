package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"sync/atomic"
)

// prepared is a request that is another one each time it is sent, by its id.
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

// as returns the request with *id* in the place of all of its placeholders.
func (p prepared) as(id string) []byte {
	for _, place := range p.ids {
		copy(p.text[place:], id)
	}
	return p.text
}

func newID(random *rand.Rand) string { return fmt.Sprintf("%016x", random.Uint64()) }

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
		err := open.exchange(t.licensed(requests[random.Intn(len(requests))].as(newID(random))))
		if err != nil {
			open.Close()
			open = nil
		}
		return err
	}
}

// licensed puts the next licence into a request's head, where there are any.
func (t *target) licensed(request []byte) []byte {
	if len(t.licenses) == 0 {
		return request
	}
	license := t.licenses[atomic.AddUint64(&t.turn, 1)%uint64(len(t.licenses))]
	line, rest, _ := bytes.Cut(request, []byte("\r\n"))
	return bytes.Join([][]byte{line, append([]byte("x-octet-license: "), license...), rest}, []byte("\r\n"))
}

// reader reads verdicts, by the references that stand in for bodies, on one connection.
func (t *target) reader(random *rand.Rand) worker {
	var open *connection
	return func() error {
		if open == nil {
			dialled, err := t.dial(nil)
			if err != nil {
				return err
			}
			open = dialled
		}
		err := open.exchange(t.read(string(t.bodies[random.Intn(len(t.bodies))]), 0))
		if err != nil {
			open.Close()
			open = nil
		}
		return err
	}
}

// read writes down a backend's read of a verdict, which may wait for so long.
func (t *target) read(ref string, waitMs int) []byte {
	return []byte(fmt.Sprintf("GET %s/v1/verdict/%s?waitMs=%d HTTP/1.1\r\nHost: localhost\r\n"+
		"Accept: application/json\r\nUser-Agent: octet-python\r\n\r\n", t.path, ref, waitMs))
}
