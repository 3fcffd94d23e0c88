using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Samples.Client;
using OrleansFlow.Client;

// Another .NET service: the client comes from the container and finds the gateway by FLOW_GATEWAY or endpoints.json.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddOrleansFlowClient();
builder.Services.AddHostedService<FlightsService>();
await builder.Build().RunAsync();
