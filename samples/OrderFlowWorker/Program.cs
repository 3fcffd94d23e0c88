using Microsoft.Extensions.Hosting;
using OrleansFlow.Samples.OrderFlow;
using OrleansFlow.Worker.Hosting;

// A worker of the order flow on a cluster; ORDERFLOW_SHOP is the folder that plays the world outside. Kill it whenever you like, or let it kill itself with
// ORDERFLOW_CRASH_AT=charge (before that effect) or charge! (after it and before the commit): another worker goes on.
var folder = Environment.GetEnvironmentVariable("ORDERFLOW_SHOP") ?? "shop";
var crashAt = Environment.GetEnvironmentVariable("ORDERFLOW_CRASH_AT");
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddOrleansFlowWorker().AddWorkflow(OrderWorkflow.Define(new FileShop(folder, crashAt)));
await builder.Build().RunAsync();
