using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Engine;
using OrleansFlow.Samples.Flights;
using OrleansFlow.Worker.Hosting;

// A plain host: the worker takes its id, gateway and slots from configuration (OrleansFlow:Worker) or the environment.
var builder = Host.CreateApplicationBuilder(args);
// One engine for the process: its memory has one limit, and each attempt gets a session of its own.
await using var engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, CancellationToken.None);
builder.Services.AddSingleton(engine);
builder.Services.AddOrleansFlowWorker()
    .AddHandler<ScanHandler>("flights.scan")
    .AddHandler<DelaysHandler>("flights.delays")
    .AddHandler<ReportHandler>("flights.report");
await builder.Build().RunAsync();
