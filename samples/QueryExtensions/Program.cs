using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansFlow.Samples.QueryExtensions;
using OrleansFlow.Worker.Queries;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddQueryExtensions(ShopExtensions.All);
builder.Services.AddQueryWorker(QueryWorker.FromSessionBuilder(ShopSession.BuildAsync).WithVersion("1.0"));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
var app = builder.Build();
app.MapOrleansFlowWorker();
app.Run();
