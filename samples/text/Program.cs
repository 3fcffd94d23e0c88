using Microsoft.Extensions.Hosting;
using OrleansFlow.Samples.Text;
using OrleansFlow.Worker.Hosting;

// Kill this process whenever you like: what it had delivered stands, and another worker goes on from there.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddOrleansFlowWorker()
    .AddHandler<SplitHandler>("text.split")
    .AddHandler<CountHandler>("text.count")
    .AddHandler<ScoreHandler>("text.score")
    .AddHandler<MergeHandler>("text.merge");
await builder.Build().RunAsync();
