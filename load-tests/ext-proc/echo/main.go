// Command echo is the floor for endpoint pickers: an ext_proc server that picks one fixed endpoint and gives bodies back
// unread. Like a picker that decides on the body, it answers a request when the whole of it is there; responses pass
// message by message. Plaintext HTTP/2, full duplex body mode only.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	extproc "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"
)

// Envoy asks for at most 64 KiB in a piece of a body.
const pieceBytes = 62_000

const destination = "x-gateway-destination-endpoint"

type server struct {
	extproc.UnimplementedExternalProcessorServer
	endpoint string
	metadata *structpb.Struct
}

// Process answers one HTTP request's stream.
func (s *server) Process(stream extproc.ExternalProcessor_ProcessServer) error {
	var held [][]byte
	for {
		message, err := stream.Recv()
		if err != nil {
			// the proxy half-closes or resets when it has all it wants
			return nil
		}
		switch phase := message.Request.(type) {
		case *extproc.ProcessingRequest_RequestHeaders:
			if phase.RequestHeaders.EndOfStream {
				err = stream.Send(s.pick())
			}
		case *extproc.ProcessingRequest_RequestBody:
			held = append(held, phase.RequestBody.Body)
			if phase.RequestBody.EndOfStream {
				err = s.release(stream, held, true)
				held = nil
			}
		case *extproc.ProcessingRequest_RequestTrailers:
			if err = s.release(stream, held, false); err == nil {
				err = stream.Send(&extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_RequestTrailers{
					RequestTrailers: &extproc.TrailersResponse{}}})
			}
			held = nil
		case *extproc.ProcessingRequest_ResponseHeaders:
			err = stream.Send(&extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_ResponseHeaders{
				ResponseHeaders: &extproc.HeadersResponse{}}})
		case *extproc.ProcessingRequest_ResponseBody:
			err = stream.Send(&extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_ResponseBody{
				ResponseBody: piece(phase.ResponseBody.Body, phase.ResponseBody.EndOfStream)}})
		case *extproc.ProcessingRequest_ResponseTrailers:
			err = stream.Send(&extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_ResponseTrailers{
				ResponseTrailers: &extproc.TrailersResponse{}}})
		}
		if err != nil {
			return err
		}
	}
}

// release sends the pick and then the body, in the pieces in which it came where they are small enough.
func (s *server) release(stream extproc.ExternalProcessor_ProcessServer, held [][]byte, end bool) error {
	if err := stream.Send(s.pick()); err != nil {
		return err
	}
	for i, body := range held {
		last := end && i == len(held)-1
		for len(body) > pieceBytes {
			if err := sendRequestBody(stream, body[:pieceBytes], false); err != nil {
				return err
			}
			body = body[pieceBytes:]
		}
		if err := sendRequestBody(stream, body, last); err != nil {
			return err
		}
	}
	return nil
}

func sendRequestBody(stream extproc.ExternalProcessor_ProcessServer, body []byte, end bool) error {
	return stream.Send(&extproc.ProcessingResponse{Response: &extproc.ProcessingResponse_RequestBody{
		RequestBody: piece(body, end)}})
}

func (s *server) pick() *extproc.ProcessingResponse {
	return &extproc.ProcessingResponse{
		Response: &extproc.ProcessingResponse_RequestHeaders{RequestHeaders: &extproc.HeadersResponse{
			Response: &extproc.CommonResponse{HeaderMutation: &extproc.HeaderMutation{
				SetHeaders: []*core.HeaderValueOption{{
					Header:       &core.HeaderValue{Key: destination, RawValue: []byte(s.endpoint)},
					AppendAction: core.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD,
				}}}}}},
		DynamicMetadata: s.metadata,
	}
}

func piece(body []byte, end bool) *extproc.BodyResponse {
	return &extproc.BodyResponse{Response: &extproc.CommonResponse{BodyMutation: &extproc.BodyMutation{
		Mutation: &extproc.BodyMutation_StreamedResponse{
			StreamedResponse: &extproc.StreamedBodyResponse{Body: body, EndOfStream: end}}}}}
}

func main() {
	port := flag.Int("port", 9002, "port to listen on, on 127.0.0.1")
	endpoint := flag.String("endpoint", "127.0.0.1:8000", "ip:port to pick")
	flag.Parse()

	metadata, err := structpb.NewStruct(map[string]any{"envoy.lb": map[string]any{destination: *endpoint}})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stdout, "ready:", listener.Addr())
	rpc := grpc.NewServer()
	extproc.RegisterExternalProcessorServer(rpc, &server{endpoint: *endpoint, metadata: metadata})
	log.Fatal(rpc.Serve(listener))
}
