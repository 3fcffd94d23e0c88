using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Client;
using OrleansFlow.Samples.GrainClient;

// Another .NET service, in a process of its own: grains and the flow API through the same gateway, found by FLOW_GATEWAY,
// FLOW_DATA or endpoints.json.
var builder = Host.CreateApplicationBuilder(args);
builder.UseOrleansClient(client => client.UseOrleansFlowGateway());
builder.Services.AddOrleansFlowClient();
builder.Services.AddHostedService<GuestService>();
await builder.Build().RunAsync();
