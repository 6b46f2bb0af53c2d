package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	armruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// connect reads the cloud's description and makes ARM's pipeline with a credential of azidentity.
func connect(ctx context.Context, kind string) (*client, error) {
	described, err := describe(ctx, os.Getenv("ARM_METADATA_HOSTNAME"))
	if err != nil {
		return nil, err
	}
	options := policy.ClientOptions{Cloud: described}
	credential, err := credentialOf(kind, options)
	if err != nil {
		return nil, err
	}
	// As the Pulumi provider has it: one error of ARM is a "try again" beside azcore's own.
	options.Retry.ShouldRetry = again
	pipeline, err := armruntime.NewPipeline(
		"azcore", "v1.0.0", credential, runtime.PipelineOptions{}, &arm.ClientOptions{ClientOptions: options},
	)
	if err != nil {
		return nil, err
	}
	return &client{described.Services[cloud.ResourceManager].Endpoint, pipeline}, nil
}

// describe asks a metadata host for its cloud, in the version that the Pulumi provider asks for.
func describe(ctx context.Context, host string) (cloud.Configuration, error) {
	var none cloud.Configuration
	if host == "" {
		return none, errors.New("ARM_METADATA_HOSTNAME isn't set: eval \"$(localazure env)\"")
	}
	url := fmt.Sprintf("https://%s/metadata/endpoints?api-version=2022-09-01", host)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return none, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return none, err
	}
	defer answer.Body.Close()
	var document struct {
		ResourceManager string
		Authentication  struct {
			LoginEndpoint string
			Audiences     []string
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil {
		return none, fmt.Errorf("%s answered %d and no cloud: %w", url, answer.StatusCode, err)
	}
	if len(document.Authentication.Audiences) == 0 {
		return none, fmt.Errorf("%s names no audience", url)
	}
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: document.Authentication.LoginEndpoint,
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {
				Endpoint: document.ResourceManager,
				Audience: document.Authentication.Audiences[0],
			},
		},
	}, nil
}

func credentialOf(kind string, options policy.ClientOptions) (azcore.TokenCredential, error) {
	alone := os.Getenv("ARM_DISABLE_INSTANCE_DISCOVERY") == "true"
	switch kind {
	case "secret":
		return azidentity.NewClientSecretCredential(
			os.Getenv("ARM_TENANT_ID"), os.Getenv("ARM_CLIENT_ID"), os.Getenv("ARM_CLIENT_SECRET"),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: alone},
		)
	case "workload":
		return azidentity.NewWorkloadIdentityCredential(
			&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: alone},
		)
	case "managed":
		return azidentity.NewManagedIdentityCredential(
			&azidentity.ManagedIdentityCredentialOptions{ClientOptions: options},
		)
	default:
		return nil, fmt.Errorf("-credential %s: secret, workload or managed", kind)
	}
}

func again(answer *http.Response, err error) bool {
	if err != nil || runtime.HasStatusCode(answer, 408, 429, 500, 502, 503, 504) {
		return true
	}
	var refused *azcore.ResponseError
	return answer.StatusCode == http.StatusConflict &&
		errors.As(runtime.NewResponseError(answer), &refused) &&
		refused.ErrorCode == "AnotherOperationInProgress"
}
