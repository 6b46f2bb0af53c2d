package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

const (
	version = "2025-12-01"
	// Between polls where ARM doesn't say: the Pulumi provider's. A test that waits for one has seen that
	// `retry-after-ms` was missing.
	pause = 10 * time.Second
)

type client struct {
	host     string
	pipeline runtime.Pipeline
}

// resource is what an operation ends with. A poller's token wants a type with a name.
type resource map[string]any

// do sends one request and waits for the end of the operation that it began.
func (c *client) do(ctx context.Context, method, path string, content []byte) (any, error) {
	request, err := runtime.NewRequest(ctx, strings.ToUpper(method), runtime.JoinPaths(c.host, path))
	if err != nil {
		return nil, err
	}
	request.Raw().URL.RawQuery = "api-version=" + version
	request.Raw().Header.Set("Accept", "application/json")
	if len(content) > 0 {
		body := streaming.NopCloser(bytes.NewReader(content))
		if err := request.SetBody(body, "application/json"); err != nil {
			return nil, err
		}
	}
	answer, err := c.pipeline.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return nil, runtime.NewResponseError(answer)
	}
	if method == "get" {
		var body any
		err := runtime.UnmarshalAsJSON(answer, &body)
		return body, err
	}
	status := answer.StatusCode
	poller, err := runtime.NewPoller[resource](answer, c.pipeline, nil)
	if err != nil {
		return nil, fmt.Errorf("%s %s answered %d: %w", method, path, status, err)
	}
	if !poller.Done() {
		token, err := poller.ResumeToken()
		if err != nil {
			return nil, err
		}
		say(line{Accepted: &accepted{status, token}})
	}
	return poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: pause})
}

// resume goes on with an operation that another process of this program began.
func (c *client) resume(ctx context.Context, token string) (any, error) {
	poller, err := runtime.NewPollerFromResumeToken[resource](token, c.pipeline, nil)
	if err != nil {
		return nil, err
	}
	return poller.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: pause})
}
